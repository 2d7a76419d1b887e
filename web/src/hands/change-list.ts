/** The changes of both runs, in words, in the order of the epochs. */
import { select } from "d3-selection";
import { marksOf } from "../changes";
import type { Run } from "../run";
import type { Runs } from "../series";
import { SIDES, type SideName } from "../settings";

interface Entry {
  side: SideName;
  at: number;
  text: string;
}

/** More would not be read; all are in the events. */
const MOST = 200;

export class ChangeList {
  private known = "";

  constructor(
    private readonly list: HTMLElement,
    private readonly none: HTMLElement,
  ) {}

  show(runs: Runs): void {
    const known = SIDES.map((side) => `${runs[side]?.changes.length ?? 0} ${runs[side]?.past ?? ""}`).join("/");
    // Nearly always there is nothing new.
    if (known === this.known) return;
    this.known = known;
    const entries = SIDES.flatMap((side) => entriesOf(side, runs[side])).sort((a, b) => a.at - b.at).slice(-MOST);
    this.none.hidden = entries.length > 0;
    select(this.list)
      .selectAll<HTMLLIElement, Entry>("li")
      .data(entries, ({ side, text }) => `${side} ${text}`)
      .join((enter) => {
        const made = enter.append("li");
        made.append("b");
        made.append("span");
        return made;
      })
      .attr("class", ({ side }) => side)
      .each(function ({ side, text }) {
        select(this).select("b").text(side);
        select(this).select("span").text(text);
      });
  }
}

function entriesOf(side: SideName, run: Run | undefined): Entry[] {
  if (run === undefined) return [];
  const marks = marksOf(run).map(({ at, text }) => ({ side, at, text }));
  if (run.past === undefined) return marks;
  const other = side === "left" ? "right" : "left";
  // At the same place as its first change, which follows.
  return [...marks, { side, at: run.past - 1e-9, text: `epoch ${run.past}: branched from the ${other} run` }];
}
