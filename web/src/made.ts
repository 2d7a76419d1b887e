/** How the runs of a report were made: their settings and what tells them apart, their environment, their time. */
import { marksOf } from "./changes";
import { dateOf, environmentOf } from "./environment";
import { differing, flatSettings } from "./flat";
import { find } from "./page";
import type { Reported } from "./read-report";
import type { Run } from "./run";
import { labelOf, secondsOf, secondsPerEpoch } from "./run-words";
import { SIDES, type SideName } from "./settings";
import { drawTable } from "./table";
import { duration } from "./views/numbers";

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const SOME = "What differs comes first; all settings, and the machine, are folded away below.";
const NONE = "Both have the same settings.";
const MISSING = "left out";

export function drawMade(chosen: Readonly<Record<SideName, Reported | undefined>>): void {
  const settings = SIDES.flatMap((side) => (chosen[side] === undefined ? [] : [flatSettings(chosen[side].run.config)]));
  const names = differing(settings);
  find("#made h2").textContent = settings.length === 1 ? "How it was made" : "How they were made";
  find("#made-note").textContent = names.length > 0 ? SOME : settings.length > 1 ? NONE : "";
  find("#differences").hidden = names.length === 0;
  const titles = SIDES.map((side) => `${capital(side)}: ${chosen[side] === undefined ? "" : labelOf(chosen[side].run)}`);
  drawTable(find("#differences table"), [
    { key: "setting", title: "Setting that differs", text: (name: string) => name, names: true },
    ...settings.map((own, at) => ({ key: SIDES[at] ?? "", title: titles[at] ?? "", text: (name: string) => own.get(name) ?? MISSING })),
  ], names);
  for (const side of SIDES) {
    const reported = chosen[side];
    if (reported !== undefined) drawSide(find(`#made .panel[data-side="${side}"]`), reported, new Set(names));
  }
}

function drawSide(panel: HTMLElement, { run, environment = {} }: Reported, different: ReadonlySet<string>): void {
  const within = <E extends HTMLElement>(selector: string): E => panel.querySelector(selector) as E;
  const taken = `${duration(secondsOf(run))}, ${duration(secondsPerEpoch(run))} an epoch`;
  within(".facts").textContent = [dateOf(environment), taken, `on ${run.device}`].filter((part) => part !== undefined).join(" · ");
  drawChanges(within(".facts"), run);
  const surroundings = environmentOf(environment);
  within(".environment").hidden = surroundings.length === 0;
  within(".environment dl").replaceChildren(...surroundings.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  const all = [...flatSettings(run.config)];
  within(".settings summary").textContent = `All ${all.length} settings`;
  within(".settings dl").replaceChildren(
    ...all.flatMap(([name, value]) => {
      const [term, text] = [element("dt", name), element("dd", value)];
      if (different.has(name)) text.replaceChildren(element("mark", value));
      return [term, text];
    }),
  );
}

/** Lists the changes that a visitor made while it ran. */
function drawChanges(facts: HTMLElement, run: Run): void {
  const old = facts.nextElementSibling;
  if (old?.className === "changes") old.remove();
  if (run.changes.length === 0) return;
  const list = element("ol", "");
  list.className = "changes";
  list.append(...marksOf(run).map(({ text }) => element("li", text)));
  facts.after(list);
}

function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
