/** Parts of the address that are no settings: the step of the tour, and groups of controls that are hidden. */
import { HIDEABLE } from "./hide";
import { STEPS } from "./tour-steps";

/** Returns the step of the tour that an address asks for, from 1. */
export function tourAsked(query: string): number | undefined {
  const number = Number(new URLSearchParams(query).get("tour") ?? NaN);
  return Number.isInteger(number) && number >= 1 && number <= STEPS.length ? number : undefined;
}

/** Returns the groups that an address hides, each once. */
export function hiddenAsked(query: string): string[] {
  return [...new Set(names(query))].filter((name) => HIDEABLE.has(name));
}

/** Returns the parts that are not understood, for a message to the visitor. */
export function strange(query: string): string[] {
  const tour = new URLSearchParams(query).get("tour");
  const unknown = names(query).filter((name) => !HIDEABLE.has(name));
  return [
    ...(tour !== null && tourAsked(query) === undefined ? [`tour=${tour.slice(0, 40)}`] : []),
    ...[...new Set(unknown)].slice(0, 5).map((name) => `hide=${name.slice(0, 40)}`),
  ];
}

/** Adds these parts of one address to the settings of another. */
export function withExtras(settings: string, from: string): string {
  const [step, hidden] = [tourAsked(from), hiddenAsked(from)];
  const extras = [
    ...(step === undefined ? [] : [`tour=${step}`]),
    ...(hidden.length === 0 ? [] : [`hide=${hidden.join(",")}`]),
  ];
  const parts = [settings.replace(/^\?/, ""), ...extras].filter((part) => part !== "");
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** Writes the step of the tour into the address of the page; undefined takes it out. */
export function keepTour(step: number | undefined): void {
  const rest = location.search.replace(/^\?/, "").split("&").filter((part) => part !== "" && !part.startsWith("tour="));
  const parts = step === undefined ? rest : [...rest, `tour=${step}`];
  history.replaceState(null, "", location.pathname + (parts.length === 0 ? "" : `?${parts.join("&")}`) + location.hash);
}

function names(query: string): string[] {
  return (new URLSearchParams(query).get("hide") ?? "").split(",").filter((name) => name !== "");
}
