/** Groups of controls that an address can hide, so that a class sees what its teacher wants it to see. */

/** Names of the groups, with the elements of each; some of them come while the page is open. */
export const HIDEABLE: ReadonlyMap<string, string> = new Map([
  ["settings", ".setup > :not(.disclosures), #more"],
  ["files", ".drop"],
  ["device", ".device"],
  ["tour", '[data-testid="tour"]'],
  ["papers", ".paper"],
  ["samples", "#pictures"],
  ["meddle", '#hands, [data-testid="edge-menu"]'],
  ["branch", ".branch"],
  ["measures", "#saturation .switch"],
  ["formulas", ".formulas"],
  ["softmax", '[data-testid="softmax-view"]'],
  ["curves", "#curves"],
  ["agreement", "#agreement"],
  ["race", "#training, #answers"],
  ["draw", "#draw"],
  ["exports", "#found"],
  ["seeds", ".field-seeds"],
  ["runs", "#kept"],
  ["explanation", '#explanation, a[href="#explanation"]'],
]);

/** Hides groups by their names, also those of their elements that are made later. */
export function hide(names: readonly string[]): void {
  const selectors = names.flatMap((name) => HIDEABLE.get(name) ?? []);
  if (selectors.length === 0) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:is(${selectors.join(", ")}) { display: none !important; }`);
  document.adoptedStyleSheets.push(sheet);
}
