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
  /** The lists of changes that are shown, and their lengths. */
  private known: readonly unknown[] = [];

  constructor(
    private readonly list: HTMLElement,
    private readonly none: HTMLElement,
  ) {}

  show(runs: Runs): void {
    const known = SIDES.flatMap((side) => [runs[side]?.changes, runs[side]?.changes.length, runs[side]?.past]);
    // Nearly always there is nothing new.
    if (this.known.length > 0 && known.every((one, at) => one === this.known[at])) return;
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
