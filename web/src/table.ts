/** Tables of a report. */

export interface Column<R> {
  key: string;
  title: string;
  /** What a row says. */
  text(row: R): string;
  /** The value behind it, where there is one. */
  value?(row: R): string | number | undefined;
  /** True for the column that names the rows. */
  names?: boolean;
}

export function drawTable<R>(table: HTMLTableElement, columns: readonly Column<R>[], rows: readonly R[]): void {
  const head = document.createElement("tr");
  head.append(...columns.map(({ key, title }) => cellOf("th", title, key, "col")));
  const body = rows.map((row) => {
    const made = document.createElement("tr");
    for (const { key, text, value, names } of columns) {
      const cell = names === true ? cellOf("th", text(row), key, "row") : cellOf("td", text(row), key);
      if (value !== undefined) cell.dataset["value"] = String(value(row) ?? "");
      made.append(cell);
    }
    return made;
  });
  table.tHead?.replaceChildren(head);
  table.tBodies[0]?.replaceChildren(...body);
}

function cellOf(tag: "th" | "td", text: string, key: string, scope?: string): HTMLTableCellElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.dataset["column"] = key;
  if (scope !== undefined) made.scope = scope;
  return made;
}
