/** Curves over the epochs: one small plot for each measure, with both runs in it. */
import { extent, mean } from "d3-array";
import { scaleLinear } from "d3-scale";
import { pointer, select } from "d3-selection";
import { line } from "d3-shape";
import type { EpochEvent } from "../types";
import { brief, percent } from "./numbers";
import { sized } from "./sized";

export interface Series {
  side: "left" | "right";
  label: string;
  epochs: readonly EpochEvent[];
}

export interface CurvesData {
  series: readonly Series[];
  kind: number;
  /** The epoch that everything else shows, counted from 1. */
  at: number;
  /** Epochs that the runs are to have. */
  length: number;
}

interface Plot {
  key: string;
  title: string;
  /** Remark that completes the title. */
  note: string;
  value(epoch: EpochEvent, kind: number): number | null | undefined;
  format(value: number): string;
  /** Values that the scale always holds. */
  hold: readonly number[];
}

const whole = (value: number): string => String(Math.round(value));

export const PLOTS: readonly Plot[] = [
  {
    key: "alignment",
    title: "Layer alignment Λ",
    note: "mean over the epoch's steps",
    value: (epoch, kind) => epoch.cell_types[kind]?.alignment,
    format: brief,
    hold: [0, 0.5],
  },
  {
    key: "skip-connections",
    title: "Skip connections",
    note: "in the derived cell",
    value: (epoch) => epoch.skip_connections,
    format: whole,
    hold: [0, 4],
  },
  {
    key: "entropy",
    title: "Entropy of the softmax",
    note: "mean over edges, 1 = undecided",
    value: (epoch, kind) => mean(epoch.cell_types[kind]?.saturation.entropy ?? []),
    format: brief,
    hold: [1],
  },
  {
    key: "valid-loss",
    title: "Validation loss",
    note: "what α descends",
    value: (epoch) => epoch.valid_loss,
    format: brief,
    hold: [0],
  },
  {
    key: "train-loss",
    title: "Training loss",
    note: "what the weights descend",
    value: (epoch) => epoch.train_loss,
    format: brief,
    hold: [0],
  },
  {
    key: "supernet-accuracy",
    title: "Supernet accuracy",
    note: "on the validation half",
    value: (epoch) => epoch.supernet_accuracy,
    format: percent,
    hold: [1],
  },
  {
    key: "table-accuracy",
    title: "The derived cell, trained in full",
    note: "CIFAR-10 test accuracy in NAS-Bench-201",
    value: (epoch) => epoch.benchmark?.cifar10_test,
    format: (value) => `${value.toFixed(1)} %`,
    hold: [],
  },
];

const HEIGHT = 150;
const MARGIN = { left: 40, right: 12, top: 10, bottom: 22 };
/** With more epochs than this the line stands alone, without points. */
const MOST_POINTS = 300;

/** `choose` is called with the epoch that somebody points at and presses. */
export function curves(host: HTMLElement, choose: (epoch: number) => void): (data: CurvesData) => void {
  const plots = PLOTS.map((plot) => onePlot(host, plot, choose));
  return (data) => plots.forEach((draw) => draw(data));
}

function onePlot(host: HTMLElement, plot: Plot, choose: (epoch: number) => void): (data: CurvesData) => void {
  const figure = select(host).append("figure").attr("data-plot", plot.key);
  const caption = figure.append("figcaption");
  caption.append("strong").text(plot.title);
  caption.append("span").attr("class", "note").text(plot.note);
  const readings = caption.append("span").attr("class", "readings");
  const box = figure.append("div").node() as HTMLElement;
  const svg = select(box).append("svg").attr("role", "img").attr("height", HEIGHT);
  const grid = svg.append("g").attr("class", "grid");
  const marker = svg.append("line").attr("class", "marker");
  const lines = svg.append("g");
  let epochAtX: (x: number) => number = () => 1;

  const pick = (event: PointerEvent): void => choose(epochAtX(pointer(event, svg.node())[0]));
  svg.on("pointerdown", pick).on("pointermove", (event: PointerEvent) => event.buttons === 1 && pick(event));

  const draw = sized(box, (data: CurvesData, width) => {
    const { kind, at, length } = data;
    const values = data.series.map(({ epochs }) => epochs.map((epoch) => plot.value(epoch, kind) ?? undefined));
    const last = Math.max(2, length, ...values.map((of) => of.length));
    const x = scaleLinear([1, last], [MARGIN.left, width - MARGIN.right]);
    const [low, high] = extent([...values.flat().filter((value) => value !== undefined), ...plot.hold]);
    const y = scaleLinear([low ?? 0, high ?? 1], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4);
    epochAtX = (px) => Math.round(Math.max(1, Math.min(last, x.invert(px))));
    svg.attr("width", width).attr("viewBox", `0 0 ${width} ${HEIGHT}`);

    const ticks = y.ticks(4).filter((tick) => plot.key !== "skip-connections" || Number.isInteger(tick));
    const format = y.tickFormat(4);
    const rule = grid.selectAll<SVGGElement, number>("g.y").data(ticks);
    const entering = rule.enter().append("g").attr("class", "y");
    entering.append("line");
    entering.append("text");
    rule.exit().remove();
    const merged = entering.merge(rule).attr("transform", (tick) => `translate(0,${y(tick)})`);
    merged.select("line").attr("x1", MARGIN.left).attr("x2", width - MARGIN.right);
    merged
      .select("text")
      .attr("x", MARGIN.left - 7)
      .text((tick) => (plot.key === "supernet-accuracy" ? `${Math.round(100 * tick)} %` : format(tick).replace("-", "−")));
    const marks = x.ticks(Math.max(2, width / 80)).filter((tick) => Number.isInteger(tick) && tick >= 1);
    grid
      .selectAll<SVGTextElement, number>("text.x")
      .data(marks.length > 0 && marks[0] !== 1 ? [1, ...marks] : marks)
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

    const path = line<number | undefined>()
      .defined((value) => value !== undefined)
      .x((_, i) => x(i + 1))
      .y((value) => y(value ?? 0));
    const group = lines
      .selectAll<SVGGElement, Series>("g.series")
      .data(data.series, ({ side }) => side)
      .join((enter) => {
        const made = enter.append("g");
        made.append("path");
        return made;
      })
      .attr("class", ({ side }) => `series ${side}`);
    group.each(function (_, s) {
      const own = values[s] ?? [];
      const series = select(this);
      series.select("path").attr("d", path(own));
      const points = own.length > MOST_POINTS ? [] : own.flatMap((value, i) => (value === undefined ? [] : [{ value, i }]));
      series
        .selectAll("circle")
        .data(points)
        .join("circle")
        .attr("cx", ({ i }) => x(i + 1))
        .attr("cy", ({ value }) => y(value))
        .attr("r", ({ i }) => (i + 1 === at ? 4 : 1.6))
        .attr("data-epoch", ({ i }) => i)
        .attr("data-value", ({ value }) => value);
    });

    const now = data.series.map(({ side, label }, s) => ({ side, label, value: values[s]?.[Math.min(at, values[s].length) - 1] }));
    readings
      .selectAll<HTMLSpanElement, (typeof now)[number]>("span")
      .data(now, ({ side }) => side)
      .join("span")
      .attr("class", ({ side }) => side)
      .attr("title", ({ label }) => label)
      .text(({ value }) => (value === undefined ? "–" : plot.format(value)));
    const said = now.map(({ label, value }) => `${label} ${value === undefined ? "none" : plot.format(value)}`).join(", ");
    svg.attr("aria-label", `${plot.title}, ${plot.note}. At epoch ${at}: ${said}`);
  });

  return (data) => {
    const any = data.series.some(({ epochs }) => epochs.some((epoch) => (plot.value(epoch, data.kind) ?? undefined) !== undefined));
    // A plot without values would only take room; the benchmark's is empty on other spaces.
    (figure.node() as HTMLElement).hidden = !any && plot.key === "table-accuracy";
    draw(data);
  };
}
