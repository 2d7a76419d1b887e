/** Test accuracy by epoch of two trainings, in one chart whose lines grow as the epochs end. */
import { select } from "d3-selection";
import type { SideName } from "../settings";
import { axisOf } from "./axis";
import { linear } from "./linear";
import { linePath } from "./paths";
import { sized } from "./sized";
import { percent, PERCENT, writeTick } from "./units";

export interface Runner {
  side: SideName;
  label: string;
  /** Test accuracies of the epochs so far. */
  accuracies: readonly number[];
}

export interface RaceData {
  runners: readonly Runner[];
  /** Epochs that the trainings are to have. */
  length: number;
}

const HEIGHT = 260;
const MARGIN = { left: 48, right: 70, top: 14, bottom: 38 };
/** Time in ms in which a line grows by an epoch. */
const GROWING_MS = 450;
/** Least distance of the two texts at the ends of the lines. */
const APART = 18;

const still = matchMedia("(prefers-reduced-motion: reduce)");

export function raceChart(host: HTMLElement): (data: RaceData) => void {
  const svg = select(host).append("svg").attr("class", "race-chart").attr("role", "img").attr("height", HEIGHT);
  const grid = svg.append("g").attr("class", "grid");
  const title = svg.append("text").attr("class", "axis-title").text("epoch");
  const runners = svg.append("g");
  /** How far each line is drawn, in epochs; it follows the epochs that have ended. */
  const drawn = new Map<SideName, number>();
  let newest: RaceData = { runners: [], length: 0 };
  /** Time of the last drawing. */
  let last = 0;

  const draw = sized(host, (data: RaceData, width) => {
    const now = performance.now();
    const step = Math.min(1, (now - last) / GROWING_MS);
    last = now;
    for (const { side, accuracies } of data.runners) {
      // The first epoch is a point; a line grows from there.
      const grown = still.matches ? Infinity : Math.max(1, drawn.get(side) ?? 1) + step;
      drawn.set(side, Math.min(accuracies.length, grown));
    }
    const length = Math.max(2, data.length, ...data.runners.map(({ accuracies }) => accuracies.length));
    const x = linear([1, length], [MARGIN.left, width - MARGIN.right]);
    const values = data.runners.flatMap(({ accuracies }) => accuracies);
    const { y, ticks } = axisOf(values.length > 0 ? [...values, Math.min(1, Math.max(...values) + 0.02)] : [0, 1], [HEIGHT - MARGIN.bottom, MARGIN.top], {});
    svg.attr("width", width).attr("viewBox", `0 0 ${width} ${HEIGHT}`);
    title.attr("x", (MARGIN.left + width - MARGIN.right) / 2).attr("y", HEIGHT - 6);

    const rule = grid
      .selectAll<SVGGElement, number>("g.y")
      .data(ticks)
      .join((enter) => {
        const made = enter.append("g").attr("class", "y");
        made.append("line");
        made.append("text");
        return made;
      })
      .attr("transform", (tick) => `translate(0,${y(tick)})`);
    rule.select("line").attr("x1", MARGIN.left).attr("x2", width - MARGIN.right);
    rule.select("text").attr("x", MARGIN.left - 8).text((tick) => writeTick(PERCENT, tick));
    grid
      .selectAll<SVGTextElement, number>("text.x")
      .data(x.ticks(Math.min(length, Math.max(2, width / 80))).filter(Number.isInteger))
      .join("text")
      .attr("class", "x")
      .attr("x", (tick) => x(tick))
      .attr("y", HEIGHT - MARGIN.bottom + 14)
      .text((tick) => tick);

    const heads = apart(data.runners.map((runner) => headOf(runner, drawn.get(runner.side) ?? 0)).map((head) => (head === undefined ? undefined : y(head.value))));
    const made = runners
      .selectAll<SVGGElement, Runner>("g.series")
      .data(data.runners, ({ side }) => side)
      .join((enter) => {
        const group = enter.append("g");
        group.append("path").attr("class", "line");
        group.append("text").attr("class", "head");
        return group;
      })
      .attr("class", ({ side }) => `series ${side}`)
      .attr("data-side", ({ side }) => side);
    const place = ([epoch, accuracy]: [number, number]): [number, number] => [x(epoch), y(accuracy)];
    made.each(function (runner, at) {
      const group = select(this);
      const head = headOf(runner, drawn.get(runner.side) ?? 0);
      const points = runner.accuracies.map((accuracy, i): [number, number] => [i + 1, accuracy]);
      const shown = points.filter(([epoch]) => head !== undefined && epoch <= head.epoch);
      group.select(".line").attr("d", head === undefined ? null : linePath([...shown, [head.epoch, head.value] as [number, number]].map(place)));
      group
        .selectAll<SVGPathElement, [number, number]>("path.point")
        .data(points)
        .join("path")
        .attr("class", "point")
        .attr("d", runner.side === "left" ? "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0" : "M-4,-4h8v8h-8z")
        .attr("transform", ([epoch, accuracy]) => `translate(${x(epoch)},${y(accuracy)})`)
        .attr("visibility", ([epoch]) => (head !== undefined && epoch <= head.epoch ? "visible" : "hidden"))
        .attr("data-epoch", ([epoch]) => epoch)
        .attr("data-value", ([, accuracy]) => accuracy);
      group
        .select(".head")
        .attr("x", head === undefined ? 0 : x(head.epoch) + 10)
        .attr("y", heads[at] ?? 0)
        .text(head === undefined ? "" : percent(runner.accuracies[Math.ceil(head.epoch) - 1] ?? head.value));
    });
    const said = data.runners.flatMap(({ label, accuracies }) => (accuracies.length > 0 ? [`${label} ${percent(accuracies.at(-1) ?? 0)} after epoch ${accuracies.length}`] : []));
    svg.attr("aria-label", `Test accuracy by epoch. ${said.length > 0 ? said.join(", ") : "No epoch has ended yet."}`);
    if (data.runners.some(({ side, accuracies }) => (drawn.get(side) ?? 0) < accuracies.length)) requestAnimationFrame(() => draw(newest));
  });
  return (data) => {
    newest = data;
    last = performance.now();
    draw(data);
  };
}

/** The end of a line that is drawn as far as `epochs`. */
function headOf({ accuracies }: Runner, epochs: number): { epoch: number; value: number } | undefined {
  if (epochs < 1) return undefined;
  const whole = Math.floor(epochs);
  const from = accuracies[whole - 1] ?? 0;
  const to = accuracies[whole] ?? from;
  return { epoch: epochs, value: from + (to - from) * (epochs - whole) };
}

/** Heights of two texts, moved apart where they would cover each other. */
function apart(heights: readonly (number | undefined)[]): (number | undefined)[] {
  const [a, b] = heights;
  if (a === undefined || b === undefined || Math.abs(a - b) >= APART) return [...heights];
  const middle = (a + b) / 2;
  return a < b ? [middle - APART / 2, middle + APART / 2] : [middle + APART / 2, middle - APART / 2];
}
