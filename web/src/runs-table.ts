/** Table of the stored runs: a row for each search, with its numbers and what can be done with it. */
import { select } from "d3-selection";
import { ALIGNMENT, operationsIn, PARAMETER_FREE, TABLE_ACCURACY } from "./quantities";
import { spaceLabel } from "./run-words";
import { methodLabel, type SideName } from "./settings";
import type { StoredSearch, StoredTraining } from "./store";
import type { StoredExperiment } from "./stored-runs";
import type { Column } from "./table";
import { brief } from "./views/numbers";
import { FINE_PERCENT, write } from "./views/units";

/** Search with the training of its cell, if there is one. */
export interface Row {
  search: StoredSearch;
  training: StoredTraining | undefined;
  experiment: StoredExperiment;
}

/** What the visitor can do with a run. */
export interface Actions {
  open(run: StoredSearch, side: SideName): void;
  goOn(run: StoredSearch): void;
  download(run: StoredSearch): void;
  remove(run: StoredSearch): void;
}

const tabled = ({ search: { last } }: Row): number | undefined => (last === undefined ? undefined : TABLE_ACCURACY.of(last, 0));
const aligned = ({ search: { last } }: Row): number | undefined => (last === undefined ? undefined : ALIGNMENT.of(last, 0));
const share = (value: number | undefined): string => (value === undefined ? "–" : write(FINE_PERCENT, value));

const COLUMNS: readonly Column<Row>[] = [
  { key: "method", title: "Method", names: true, text: ({ search }) => methodLabel(search.config.method.name), value: ({ search }) => methodLabel(search.config.method.name) },
  { key: "seed", title: "Seed", text: ({ search }) => String(search.config.seed), value: ({ search }) => search.config.seed },
  { key: "date", title: "Date", text: ({ search }) => dateOf(search.began), value: ({ search }) => search.began },
  { key: "space", title: "Space", text: ({ search }) => spaceLabel(search.config.space), value: ({ search }) => search.config.space },
  {
    key: "epochs",
    title: "Epochs",
    text: ({ search: { epochs, config, ended } }) => (ended ? String(epochs) : `${epochs} of ${config.epochs}`),
    value: ({ search }) => search.epochs,
  },
  { key: "alignment", title: "Λ", text: (row) => brief(aligned(row)), value: aligned },
  {
    key: "parameter-free",
    title: "No weights",
    text: ({ search: { last } }) => (last === undefined ? "–" : `${last.parameter_free} of ${operationsIn(last)}`),
    value: ({ search: { last } }) => (last === undefined ? undefined : PARAMETER_FREE.of(last, 0)),
  },
  { key: "table-accuracy", title: "In the table", text: (row) => share(tabled(row)), value: tabled },
  { key: "test-accuracy", title: "Trained here", text: ({ training }) => share(training?.accuracy), value: ({ training }) => training?.accuracy },
];

interface Order {
  column: Column<Row>;
  descending: boolean;
}

/** Makes the table; it is then given rows. A press on the name of a column sorts by it. */
export function runsTable(table: HTMLTableElement, actions: Actions): (rows: readonly Row[]) => void {
  let order: Order = { column: columnOf("date"), descending: true };
  let rows: readonly Row[] = [];

  const head = select(table).append("thead").append("tr");
  const titles = head.selectAll<HTMLTableCellElement, Column<Row>>("th").data(COLUMNS).join("th").attr("scope", "col").attr("data-column", ({ key }) => key);
  titles
    .append("button")
    .attr("type", "button")
    .text(({ title }) => title)
    .on("click", (_, column) => {
      order = { column, descending: order.column === column ? !order.descending : true };
      draw();
    });
  // Beside the name, so that a narrow screen has them.
  head.insert("th", ":nth-child(3)").attr("scope", "col").attr("class", "actions").text("Open, take away");
  const body = select(table).append("tbody");

  function draw(): void {
    titles.attr("aria-sort", (column) => (column !== order.column ? null : order.descending ? "descending" : "ascending"));
    const row = body
      .selectAll<HTMLTableRowElement, Row>("tr")
      .data(sorted(rows, order), ({ search }) => search.id)
      .join((enter) => {
        const made = enter.append("tr").attr("data-side", ({ search }) => search.side);
        for (const { key, names } of COLUMNS) {
          made.append(names === true ? "th" : "td").attr("scope", names === true ? "row" : null).attr("data-column", key);
        }
        made
          .insert("td", ":nth-child(3)")
          .attr("class", "actions")
          .each(function ({ search }) {
            this.append(...buttonsOf(search, actions));
          });
        return made;
      });
    for (const { key, text, value } of COLUMNS) {
      row
        .select(`[data-column="${key}"]`)
        .text(text)
        .attr("data-value", (one) => value?.(one) ?? "");
    }
    row.select<HTMLButtonElement>('[data-action="continue"]').property("hidden", ({ experiment }) => experiment.ended);
    row.select<HTMLButtonElement>('[data-action="race"]').property("hidden", ({ experiment: { raced, ended } }) => !raced || !ended);
    for (const action of ["left", "right"]) row.select(`[data-action="${action}"]`).property("disabled", ({ search }) => search.epochs === 0);
    row.select('[data-action="download"]').property("disabled", ({ search }) => search.snapshotBytes === 0);
  }

  return (next) => {
    rows = next;
    draw();
  };
}

const columnOf = (key: string): Column<Row> => COLUMNS.find((column) => column.key === key) as Column<Row>;

/** Rows without a value come last in either direction. Runs that began together stay together, the left one first. */
function sorted(rows: readonly Row[], { column: { value }, descending }: Order): Row[] {
  return [...rows].sort((a, b) => {
    const [first, second] = [value?.(a), value?.(b)];
    if (first === undefined || second === undefined) return Number(first === undefined) - Number(second === undefined);
    const larger = first > second ? 1 : first < second ? -1 : 0;
    return (descending ? -larger : larger) || a.search.id.localeCompare(b.search.id);
  });
}

function buttonsOf(run: StoredSearch, actions: Actions): HTMLButtonElement[] {
  const name = `${methodLabel(run.config.method.name)}, seed ${run.config.seed}`;
  const make = (action: string, text: string, label: string, act: () => void): HTMLButtonElement => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: "quiet", textContent: text });
    made.dataset["action"] = action;
    made.setAttribute("aria-label", `${text}: ${label}`);
    made.title = label;
    made.addEventListener("click", act);
    return made;
  };
  return [
    make("left", "Left", `open ${name} on the left`, () => actions.open(run, "left")),
    make("right", "Right", `open ${name} on the right`, () => actions.open(run, "right")),
    make("continue", "Continue", `go on with ${name}, and the search beside it`, () => actions.goOn(run)),
    make("race", "Race", `show ${name}, the search beside it, and the race of their cells`, () => actions.goOn(run)),
    make("download", ".zip", `download ${name} as a folder to go on with`, () => actions.download(run)),
    make("delete", "Delete", `delete ${name} from this browser`, () => actions.remove(run)),
  ];
}

const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const dateOf = (ms: number): string => DATE.format(ms);
