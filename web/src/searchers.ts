/** Black-box searches in a report: their results in a table, and the best fitness by evaluation. */
import { saveText } from "./export";
import { soon } from "./frames";
import { find, testid } from "./page";
import type { Quantity } from "./quantities";
import type { ReportedSearcher } from "./read-report";
import { searcherLabel, spaceLabel } from "./run-words";
import { lastEvaluation, type SearcherEvaluation, type SearcherRun } from "./searcher-run";
import { drawTable } from "./table";
import { curves, type Series } from "./views/curves";
import { duration } from "./views/numbers";
import { plotOf } from "./views/plots";
import { FINE_PERCENT, write } from "./views/units";

/** Numbers of colours and of dashes without a common divisor, so that 20 lines differ. */
const [COLOURS, DASHES] = [5, 4];

const BEST: Quantity<SearcherEvaluation> = { key: "best", of: ({ best }) => best, unit: () => FINE_PERCENT };
const PLOTS = [plotOf(BEST, { title: "Best fitness so far", note: "CIFAR-10 validation, in the table", hold: [] })];


export function showSearchers(all: readonly ReportedSearcher[], csv: () => string): void {
  soon(() => drawSearchers(testid("searchers-table"), all));
  showCurves(all.map(({ run }) => run));
  testid("export-searchers").addEventListener("click", () => saveText("curves.csv", csv(), "text/csv"));
}

/** All searches at their last epoch, a row each. */
function drawSearchers(table: HTMLTableElement, all: readonly ReportedSearcher[]): void {
  const share = (value: number | undefined): string => (value === undefined ? "–" : write(FINE_PERCENT, value));
  const simulated = ({ run }: ReportedSearcher): number | undefined => lastEvaluation(run).seconds_simulated ?? undefined;
  drawTable<ReportedSearcher>(table, [
    { key: "run", title: "Search", text: ({ run }) => run.file, value: ({ run }) => run.file, names: true },
    { key: "method", title: "Searcher", text: ({ run }) => searcherLabel(run.searcher), value: ({ run }) => run.searcher },
    { key: "space", title: "Space", text: ({ run }) => spaceLabel(run.space.name), value: ({ run }) => run.space.name },
    { key: "seed", title: "Seed", text: ({ run }) => String(run.seed), value: ({ run }) => run.seed },
    { key: "evaluations", title: "Evaluations", text: ({ run }) => String(run.evaluations.length), value: ({ run }) => run.evaluations.length },
    { key: "best", title: "Best fitness", text: ({ run }) => share(lastEvaluation(run).best), value: ({ run }) => lastEvaluation(run).best },
    { key: "cifar10_test", title: "CIFAR-10 test", text: ({ run }) => share(run.known?.cifar10_test), value: ({ run }) => run.known?.cifar10_test },
    { key: "rank", title: "Rank", text: ({ run: { known } }) => (known === undefined ? "–" : `${known.rank} of ${known.cells}`), value: ({ run }) => run.known?.rank },
    {
      key: "simulated",
      title: "Simulated time",
      text: (one) => {
        const seconds = simulated(one);
        return seconds === undefined ? "–" : duration(seconds);
      },
      value: simulated,
    },
    { key: "cell", title: "Fittest cell", text: ({ run, notations }) => notations.nas_bench_201 ?? notations.darts ?? JSON.stringify(run.genotype) },
  ], all);
}

/** The best fitness, with its value at the evaluation that somebody points at. */
function showCurves(runs: readonly SearcherRun[]): void {
  const series = runs.map(({ file, evaluations }, at): Series<SearcherEvaluation> => ({
    look: `hue-${at % COLOURS} dash-${at % DASHES}`,
    label: file,
    runs: [evaluations],
    clip: 0,
  }));
  const length = Math.max(...runs.map(({ evaluations }) => evaluations.length));
  let at = length;
  const draw = curves(find("#searchers .plots"), PLOTS, (evaluation) => {
    at = Math.max(1, Math.min(evaluation, length));
    soon(drawCurves);
  });
  function drawCurves(): void {
    draw({ series, kind: 0, at, length, over: "evaluation" });
  }
  const lines = series.map(({ look, label }) => {
    const line = document.createElement("li");
    line.textContent = label;
    line.className = look;
    return line;
  });
  testid("searchers-legend").replaceChildren(...lines);
  soon(drawCurves);
}
