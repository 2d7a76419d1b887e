/** Curves over the epochs: one small plot for each measure, with all runs in it. */
import { pointer, select, type Selection } from "d3-selection";
import { averages, type Average } from "../statistics";
import { axisOf } from "./axis";
import { linear } from "./linear";
import { drawMarks, type Mark } from "./marks";
import { bandPath, linePath } from "./paths";
import type { Plot } from "./plots";
import { sized } from "./sized";
import { writeSpread, writeTick, type Unit } from "./units";

/** A run, or the mean of several with a band of one standard deviation. */
export interface Series<E> {
  /** Classes that give it its looks and tell it from the others. */
  look: string;
  label: string;
  runs: readonly (readonly E[])[];
  /** Norm that gradients are clipped to. */
  clip: number;
  marks?: readonly Mark[];
  /** Number of its first epochs that it has in common with the run it branched from. */
  past?: number;
}

export interface CurvesData<E> {
  series: readonly Series<E>[];
  kind: number;
  /** The epoch that everything else shows, counted from 1. */
  at: number;
  /** Epochs that the runs are to have. */
  length: number;
  /** What is counted along the axis, if not epochs. */
  over?: string;
}

/** A line of a plot. */
interface Trace {
  key: string;
  look: string;
  /** True for the second line of a run. */
  second: boolean;
  /** Who it belongs to. */
  label: string;
  name: string;
  quantity: string;
  points: readonly (Average | undefined)[];
}

const HEIGHT = 150;
const MARGIN = { left: 44, right: 12, top: 10, bottom: 22 };
/** With more epochs than this the line stands alone, without points. */
const MOST_POINTS = 300;
/** A clip that lies further above the values than this is left out. */
const FAR_CLIP = 1000;

/** `choose` is called with the epoch that somebody points at and presses. */
export function curves<E>(host: HTMLElement, plots: readonly Plot<E>[], choose: (epoch: number) => void): (data: CurvesData<E>) => void {
  const drawn = plots.map((plot) => onePlot(host, plot, choose));
  return (data) => drawn.forEach((draw) => draw(data));
}

function tracesOf<E>({ lines }: Plot<E>, { series, kind }: CurvesData<E>): Trace[] {
  return series.flatMap(({ look, label, runs }) =>
    lines.map(({ quantity, name = "" }, at) => ({
      key: `${look} ${quantity.key}`,
      look,
      second: at > 0,
      label,
      name,
      quantity: quantity.key,
      points: averages(runs, (epoch) => quantity.of(epoch, kind)),
    })),
  );
}

function onePlot<E>(host: HTMLElement, plot: Plot<E>, choose: (epoch: number) => void): (data: CurvesData<E>) => void {
  const figure = select(host).append("figure").attr("data-plot", plot.key);
  const caption = figure.append("figcaption");
  caption.append("strong").text(plot.title);
  caption.append("span").attr("class", "note").text(plot.note);
  const readings = caption.append("span").attr("class", "readings");
  const box = figure.append("div").node() as HTMLElement;
  const svg = select(box).append("svg").attr("role", "img").attr("height", HEIGHT);
  const grid = svg.append("g").attr("class", "grid");
  const limits = svg.append("g").attr("class", "limits");
  const marks = svg.append("g").attr("class", "marks");
  const marker = svg.append("line").attr("class", "marker");
  const lines = svg.append("g");
  let epochAtX: (x: number) => number = () => 1;

  const pick = (event: PointerEvent): void => choose(epochAtX(pointer(event, svg.node())[0]));
  svg.on("pointerdown", pick).on("pointermove", (event: PointerEvent) => event.buttons === 1 && pick(event));

  const draw = sized(box, (data: CurvesData<E>, width) => {
    const { at, length, over = "epoch" } = data;
    const traces = tracesOf(plot, data);
    const values = traces.flatMap(({ points }) => points.flatMap((point) => (point === undefined ? [] : ends(point))));
    const top = Math.max(0, ...values);
    const clips = plot.norms === true && values.length > 0 ? clipsOf(data.series, top) : [];
    const last = Math.max(2, length, ...traces.map(({ points }) => points.length));
    const [from, to] = [MARGIN.left, width - MARGIN.right];
    const x = linear([1, last], [from, to]);
    const { y, ticks } = axisOf([...values, ...clips, ...plot.hold], [HEIGHT - MARGIN.bottom, MARGIN.top], { whole: plot.whole ?? false, far: plot.norms ?? false });
    const unit = plot.lines[0]?.quantity.unit(top) as Unit;
    epochAtX = (px) => Math.round(Math.max(1, Math.min(last, x.invert(px))));
    svg.attr("width", width).attr("viewBox", `0 0 ${width} ${HEIGHT}`);

    rules(grid, ticks, { from, to, y, text: (tick) => writeTick(unit, tick), at: [from - 7, 0] });
    rules(limits, clips, { from, to, y, text: (clip) => `clip ${writeTick(unit, clip)}`, at: [from + 3, -7] });
    drawMarks(marks, data.series, { x, left: from, right: to, top: MARGIN.top, bottom: HEIGHT - MARGIN.bottom });
    const epochs = x.ticks(Math.max(2, width / 80)).filter((tick) => Number.isInteger(tick) && tick >= 1);
    grid
      .selectAll<SVGTextElement, number>("text.x")
      .data(epochs.length > 0 && epochs[0] !== 1 ? [1, ...epochs] : epochs)
      .join("text")
      .attr("class", "x")
      .attr("x", (tick) => x(tick))
      .attr("y", HEIGHT - 6)
      .text((tick) => tick);

    marker
      .attr("x1", x(Math.max(1, at)))
      .attr("x2", x(Math.max(1, at)))
      .attr("y1", MARGIN.top)
      .attr("y2", HEIGHT - MARGIN.bottom)
      .attr("visibility", at > 0 ? "visible" : "hidden");

    const heights = (point: Average): [low: number, high: number] => [y(ends(point)[0]), y(ends(point)[1])];
    lines
      .selectAll<SVGGElement, Trace>("g.series")
      .data(traces, ({ key }) => key)
      .join((enter) => {
        const made = enter.append("g");
        made.append("path").attr("class", "band");
        made.append("path").attr("class", "line");
        return made;
      })
      .attr("class", ({ look, second }) => `series ${look}${second ? " second" : ""}`)
      .attr("data-line", ({ quantity }) => quantity)
      .each(function ({ points }) {
        const series = select(this);
        series.select(".band").attr("d", bandPath(points.map((point, i) => (point?.deviation === undefined ? undefined : [x(i + 1), ...heights(point)]))));
        series.select(".line").attr("d", linePath(points.map((point, i) => point && [x(i + 1), y(point.mean)])));
        const dots = points.length > MOST_POINTS ? [] : points.flatMap((point, i) => (point === undefined ? [] : [{ point, epoch: i + 1 }]));
        series
          .selectAll("circle")
          .data(dots)
          .join("circle")
          .attr("cx", ({ epoch }) => x(epoch))
          .attr("cy", ({ point }) => y(point.mean))
          .attr("r", ({ epoch }) => (epoch === at ? 4 : 1.6))
          .attr("data-epoch", ({ epoch }) => epoch)
          .attr("data-value", ({ point }) => point.mean)
          .attr("data-deviation", ({ point }) => point.deviation ?? null);
      });

    const now = traces.flatMap((trace) => {
      const point = trace.points[Math.min(at, trace.points.length) - 1];
      // A run without a second line says nothing of it.
      return point === undefined && trace.second ? [] : [{ ...trace, text: point === undefined ? "–" : writeSpread(unit, point.mean, point.deviation) }];
    });
    readings
      .selectAll<HTMLSpanElement, (typeof now)[number]>("span")
      .data(now, ({ key }) => key)
      .join("span")
      .attr("class", ({ look, second }) => `${look}${second ? " second" : ""}`)
      .attr("title", ({ label, name }) => `${label} ${name}`.trim())
      .text(({ text }) => text);
    const said = now.map(({ label, name, text }) => [label, name, text === "–" ? "none" : text].filter((part) => part !== "").join(" "));
    svg.attr("aria-label", `${plot.title}, ${plot.note}. At ${over} ${at}: ${said.join(", ")}`);
  });

  return (data) => {
    // A plot without values would only take room.
    (figure.node() as HTMLElement).hidden = plot.optional === true && tracesOf(plot, data).every(({ points }) => points.every((point) => point === undefined));
    draw(data);
  };
}

interface Rules {
  from: number;
  to: number;
  y(value: number): number;
  text(value: number): string;
  /** Place of the text beside the height of its line. */
  at: readonly [x: number, y: number];
}

/** Lines across the plot, each with a text. */
function rules(layer: Selection<SVGGElement, unknown, null, undefined>, values: readonly number[], { from, to, y, text, at }: Rules): void {
  const rule = layer
    .selectAll<SVGGElement, number>("g.y")
    .data(values)
    .join((enter) => {
      const made = enter.append("g").attr("class", "y");
      made.append("line");
      made.append("text");
      return made;
    })
    .attr("transform", (value) => `translate(0,${y(value)})`);
  rule.select("line").attr("x1", from).attr("x2", to);
  rule.select("text").attr("x", at[0]).attr("y", at[1]).text(text);
}

/** A standard deviation below and above the mean. */
const ends = ({ mean, deviation = 0 }: Average): [low: number, high: number] => [mean - deviation, mean + deviation];

/** The clips of some runs, each once. */
function clipsOf<E>(series: readonly Series<E>[], top: number): number[] {
  return [...new Set(series.map(({ clip }) => clip))].filter((clip) => clip > 0 && clip <= FAR_CLIP * top);
}
