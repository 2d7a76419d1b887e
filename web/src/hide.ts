/** Groups of controls that an address can hide, so that a class sees what its teacher wants it to see. */

/** Names of the groups, with the elements of each; some of them come while the page is open. */
export const HIDEABLE: ReadonlyMap<string, string> = new Map([
  ["settings", ".setup > .row:first-child, #preset-sentence, #more"],
  ["files", ".drop"],
  ["device", ".device"],
  ["tour", '[data-testid="tour"]'],
  ["papers", ".paper"],
  ["measures", "#saturation .switch"],
  ["formulas", ".formulas"],
  ["curves", "#curves"],
  ["agreement", "#agreement"],
  ["exports", "#found"],
  ["explanation", '#explanation, a[href="#explanation"]'],
  ["samples", '#samples, [data-testid="samples"]'],
  ["race", '#race, [data-testid="race"]'],
  ["draw", '#draw, [data-testid="draw"]'],
  ["softmax", '#softmax, [data-testid="softmax-view"]'],
  ["meddle", '#meddle, [data-testid="edge-menu"]'],
  ["branch", '[data-testid="branch"]'],
  ["seeds", '[data-testid="seeds"], .field:has([data-testid="seeds"])'],
  ["runs", '#runs, [data-testid="runs"], [data-testid="continue"], [data-testid="download-run"]'],
]);

/** Hides groups by their names, also those of their elements that are made later. */
export function hide(names: readonly string[]): void {
  const selectors = names.flatMap((name) => HIDEABLE.get(name) ?? []);
  if (selectors.length === 0) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:is(${selectors.join(", ")}) { display: none !important; }`);
  document.adoptedStyleSheets.push(sheet);
}
