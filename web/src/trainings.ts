/** Trainings in a report: learning curves, a table, their cells and what the networks that they left take for what. */
import { group } from "d3-array";
import { cellElement } from "./cell-element";
import { saveText } from "./export";
import { drawEvaluation } from "./evaluation";
import { differing, flatSettings } from "./flat";
import { soon } from "./frames";
import { find, testid } from "./page";
import type { ReportedTraining } from "./read-report";
import { spaceLabel } from "./run-words";
import { drawTable, type Column } from "./table";
import { lastEpoch, type TrainedEpoch, type Training } from "./training";
import { curves, type Series } from "./views/curves";
import { derivedCell } from "./views/derived-cell";
import { LEARNING_PLOTS } from "./views/learning-plots";
import { brief, duration } from "./views/numbers";
import { FINE_PERCENT, write } from "./views/units";

/** Numbers of colours and of dashes without a common divisor, so that 20 lines differ. */
const [COLOURS, DASHES] = [5, 4];
/** With more trainings than this, the plots have no room for the numbers at the epoch. */
const MOST_READINGS = 5;


export function showTrainings(all: readonly ReportedTraining[], csv: () => string): void {
  const trainings = all.map(({ training }) => training);
  soon(() => drawTrainings(testid("trainings"), trainings));
  soon(() => drawDifferences(trainings));
  soon(() => drawCells(all));
  showCurves(trainings);
  testid("export-learning").addEventListener("click", () => saveText("curves.csv", csv(), "text/csv"));
  showEvaluations(all);
}

/** All trainings at their last epoch, a row each. */
function drawTrainings(table: HTMLTableElement, trainings: readonly Training[]): void {
  const measure = (key: keyof TrainedEpoch, title: string, text: (value: number) => string): Column<Training> => ({
    key,
    title,
    text: (training) => text(lastEpoch(training)[key]),
    value: (training) => lastEpoch(training)[key],
  });
  const accuracy = (value: number): string => write(FINE_PERCENT, value);
  drawTable<Training>(table, [
    { key: "run", title: "Training", text: ({ file }) => file, value: ({ file }) => file, names: true },
    { key: "recipe", title: "Recipe", text: ({ config }) => config.recipe, value: ({ config }) => config.recipe },
    { key: "space", title: "Space", text: ({ config }) => spaceLabel(config.space), value: ({ config }) => config.space },
    { key: "seed", title: "Seed", text: ({ config }) => String(config.seed), value: ({ config }) => config.seed },
    { key: "parameters", title: "Parameters", text: ({ parameters }) => parameters.toLocaleString("en"), value: ({ parameters }) => parameters },
    { key: "epochs", title: "Epochs", text: lengthOf, value: ({ epochs }) => epochs.length },
    measure("test_accuracy", "Test accuracy", accuracy),
    measure("test_top5", "Top 5", accuracy),
    measure("test_loss", "Test loss", brief),
    measure("train_loss", "Training loss", brief),
    { key: "time", title: "Time", text: ({ seconds }) => duration(seconds), value: ({ seconds }) => seconds },
  ], trainings);
}

const lengthOf = ({ epochs, config }: Training): string =>
  epochs.length === config.epochs ? String(epochs.length) : `${epochs.length} of ${config.epochs}`;

/** Settings that are not the same in all trainings. */
function drawDifferences(trainings: readonly Training[]): void {
  const settings = trainings.map(({ config, file }) => ({ file, own: flatSettings(config) }));
  // The cells are drawn.
  const names = differing(settings.map(({ own }) => own)).filter((name) => name !== "genotype");
  find("#training-differences").hidden = names.length === 0;
  drawTable(find("#training-differences table"), [
    { key: "setting", title: "Setting that differs", text: (name: string) => name, names: true },
    ...settings.map(({ file, own }) => ({ key: "value", title: file, text: (name: string) => own.get(name) ?? "left out" })),
  ], names);
}

/** Each cell once, with the trainings that have it. */
function drawCells(all: readonly ReportedTraining[]): void {
  const cells = group(all, ({ training: { config, genotype } }) => JSON.stringify([config.space, genotype]));
  find("#trained-cells .pair").replaceChildren();
  for (const alike of cells.values()) {
    const [{ training: { space, genotype }, notations }] = alike as [ReportedTraining];
    const names = alike.map(({ training }) => training.file).join(", ");
    const panel = document.createElement("div");
    panel.className = "panel";
    panel.append(element("h3", names));
    find("#trained-cells .pair").append(panel);
    genotype.cells.forEach(({ kind }, at) => {
      const cell = derivedCell(space, genotype, at);
      if (cell === undefined) return;
      const host = document.createElement("div");
      host.className = "drawing";
      if (genotype.cells.length > 1) panel.append(element("p", kind, "status"));
      panel.append(host);
      cellElement(host, `The ${kind} cell of ${names}`)(cell);
    });
    const text = element("pre", notations.nas_bench_201 ?? notations.darts ?? JSON.stringify(genotype));
    text.tabIndex = 0;
    text.setAttribute("aria-label", `Genotype of ${names}`);
    panel.append(text);
  }
}

/** The learning curves at an epoch that a slider, or a press in a plot, chooses. */
function showCurves(trainings: readonly Training[]): void {
  const series = trainings.map(({ file, epochs, config }, at): Series<TrainedEpoch> => ({
    look: `hue-${at % COLOURS} dash-${at % DASHES}`,
    label: file,
    runs: [epochs],
    clip: config.weights.clip,
  }));
  const length = Math.max(...trainings.map(({ epochs }) => epochs.length));
  const slider = testid<HTMLInputElement>("training-slider");
  let at = length;
  const lookAt = (epoch: number): void => {
    at = Math.max(1, Math.min(epoch, length));
    soon(drawCurves);
  };
  const draw = curves(find("#learning .plots"), LEARNING_PLOTS, lookAt);
  function drawCurves(): void {
    slider.max = String(length);
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", `epoch ${at} of ${length}`);
    testid("training-epoch").textContent = `${at} of ${length}`;
    draw({ series, kind: 0, at, length });
  }
  slider.addEventListener("input", () => lookAt(Number(slider.value)));
  testid("learning-legend").replaceChildren(...series.map(({ look, label }) => element("li", label, look)));
  find("#learning").classList.toggle("crowded", series.length > MOST_READINGS);
  soon(drawCurves);
}

function showEvaluations(all: readonly ReportedTraining[]): void {
  const evaluated = all.flatMap(({ training, evaluation }) => (evaluation === undefined ? [] : [{ name: training.file, evaluation }]));
  const [first] = evaluated;
  if (first === undefined) return;
  document.body.classList.add("evaluations");
  const select = testid<HTMLSelectElement>("evaluated");
  select.append(...evaluated.map(({ name }, at) => new Option(name, String(at))));
  const draw = (): void => drawEvaluation((evaluated[Number(select.value)] ?? first).evaluation);
  select.addEventListener("change", () => soon(draw));
  soon(draw);
}

function element(tag: string, text: string, className = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}
