/** The page of `lambda-darts report`: runs that lie in the file itself, drawn as the demo page draws them. */
import "./styles/page.css";
import "./styles/controls.css";
import "./styles/views.css";
import "./styles/marks.css";
import "./styles/report.css";
import { CellElement, cellElement, TAG } from "./cell-element";
import { toCsv } from "./csv";
import { toDot } from "./dot";
import { savePng, saveSvg, saveText } from "./export";
import { settleFrames, soon } from "./frames";
import { drawGroups } from "./group-table";
import { groupsOf, openingPair } from "./groups";
import { drawMade } from "./made";
import { Message } from "./message";
import { find, reason, testid } from "./page";
import { readReport, type Reported } from "./read-report";
import { epochAt } from "./run";
import { describeRun, describeSearcher, describeTraining, labelOf, nameOf, spaceLabel } from "./run-words";
import { Scene } from "./scene";
import { showSearchers } from "./searchers";
import { meansOf, seriesOf, type SideSeries } from "./series";
import { methodLabel, SIDES, type SideName } from "./settings";
import { drawSummary } from "./summary";
import { showTrainings } from "./trainings";
import type { Measure } from "./views/heatmap";


customElements.define(TAG, CellElement);
const message = new Message(find("#message"));
const fault = (error: unknown): void =>
  message.say(`Something in this report cannot be drawn: ${reason(error)}`, "fault");
addEventListener("error", ({ error }) => error instanceof Error && fault(error));

const { searches: runs, searchers, trainings, faults } = readReport(find("#runs").textContent ?? "");
if (faults.length > 0) message.say(faults.join(" "), "fault");
else if (runs.length + searchers.length + trainings.length === 0) message.say("There is no run in this report.");

/* What is looked at */

const groups = groupsOf(runs.map(({ run }) => run));
const opening = openingPair(runs.map(({ run }) => run), groups);
const chosen: Record<SideName, Reported | undefined> = { left: runs[opening[0]], right: runs[opening[1]] };
/** True if the curves are means over seeds. */
let means = false;
let cursor = Infinity;
let kind = 0;
let measure: Measure = "saturation";
const slider = testid<HTMLInputElement>("slider");

const longest = (): number => Math.max(1, ...SIDES.map((side) => chosen[side]?.run.epochs.length ?? 0));

function lookAt(epoch: number): void {
  cursor = epoch;
  soon(draw);
}

/* Words */

function writeContents(): void {
  const described = [
    ...runs.map(({ run, environment }) => ({ file: run.file ?? "", text: describeRun(run, environment) })),
    ...searchers.map(({ run, environment }) => ({ file: run.file, text: describeSearcher(run, environment) })),
    ...trainings.map(({ training, environment }) => ({ file: training.file, text: describeTraining(training, environment) })),
  ];
  const items = described.map(({ file, text }) => {
    const item = document.createElement("li");
    const name = document.createElement("b");
    name.textContent = file;
    item.append(name, text);
    return item;
  });
  find("#contents").replaceChildren(...items);
  document.body.classList.toggle("many", items.length > 4);
  document.body.classList.toggle("crowd", items.length > 12);
}

function writeTitle(): void {
  const searches = runs.length + searchers.length;
  const title = trainings.length === 0 ? "Search report" : searches === 0 ? "Training report" : "Searches and trainings";
  document.title = `${title} · lambda-darts`;
  find("h1").textContent = title;
  if (runs.length === 0) find<HTMLAnchorElement>(".skip-link").href = trainings.length === 0 ? "#searchers" : "#learning";
}

/* Drawing */

let scene: Scene | undefined;

function draw(): void {
  scene ??= new Scene(lookAt, "img", cellElement);
  const length = longest();
  cursor = Math.max(1, Math.min(cursor, length));
  const cellTypes = Math.max(...SIDES.map((side) => chosen[side]?.run.space.cell_types.length ?? 0));
  if (kind >= cellTypes) {
    kind = 0;
    soon(drawTables);
    find<HTMLInputElement>('input[name="kind"]').checked = true;
  }
  find("#cell-types").hidden = cellTypes < 2;
  slider.max = String(length);
  slider.value = String(cursor);
  slider.setAttribute("aria-valuetext", `epoch ${cursor} of ${length}`);
  testid("epoch").textContent = String(cursor);
  find("#of-epochs").textContent = `of ${length}`;
  for (const side of SIDES) writeSide(side);
  const sides = { left: chosen.left?.run, right: chosen.right?.run };
  const series = means ? meansOf(sides, groups) : seriesOf(sides, (run) => `${methodLabel(run.config.method.name)}, ${nameOf(run)}`);
  writeLegend(series);
  scene.draw(sides, { at: cursor, kind, measure, space: undefined }, series);
}

function writeLegend(shown: readonly SideSeries[]): void {
  for (const { look, label } of shown) find(`#legend-${look}`).textContent = label;
  find("#legend").hidden = runs.length === 1;
  find("#legend-second").hidden = shown.length < 2;
  find("#band").hidden = !means;
}

const drawChoice = (): void => drawMade(chosen);

function drawTables(): void {
  drawSummary(testid("summary"), runs.map(({ run }) => run), kind);
  drawGroups(testid("groups"), groups, kind);
  const several = runs.some(({ run }) => run.space.cell_types.length > 1);
  find("#summary-kind").textContent = !several ? "" : kind === 0 ? ", in the normal cells" : ", in the reduce cells where a run has them";
}

function writeSide(side: SideName): void {
  const shown = chosen[side];
  if (shown === undefined) return;
  const { run, notations } = shown;
  for (const title of document.querySelectorAll(`.panel[data-side="${side}"] .method`)) title.textContent = labelOf(run);
  const at = Math.min(cursor, run.epochs.length);
  const late = at < cursor ? ` · its last epoch, ${at}` : "";
  testid(`status-${side}`).textContent = `${run.file} · ${spaceLabel(run.config.space)} · ${run.device}${late}`;
  const forms = notations[at - 1];
  testid(`genotype-${side}`).textContent = forms?.nas_bench_201 ?? forms?.darts ?? JSON.stringify(run.epochs[at - 1]?.genotype);
}

/* Controls */

slider.addEventListener("input", () => lookAt(Number(slider.value)));
for (const input of document.querySelectorAll<HTMLInputElement>('input[name="measure"]')) {
  input.addEventListener("change", () => {
    measure = input.value as Measure;
    find("#saturation").dataset["measure"] = measure;
    soon(draw);
  });
}
for (const input of document.querySelectorAll<HTMLInputElement>('input[name="kind"]')) {
  input.addEventListener("change", () => {
    kind = Number(input.value);
    soon(draw);
    soon(drawTables);
  });
}
for (const input of document.querySelectorAll<HTMLInputElement>('input[name="curves"]')) {
  input.addEventListener("change", () => {
    means = input.value === "means";
    soon(draw);
  });
}
for (const side of SIDES) {
  const select = testid<HTMLSelectElement>(`run-${side}`);
  select.append(...runs.map(({ run }, r) => new Option(run.file, String(r))));
  select.value = String(runs.findIndex((one) => one === chosen[side]));
  select.addEventListener("change", () => {
    // Who stands at the end of a run wants to see the end of the other one.
    const atEnd = cursor >= longest();
    chosen[side] = runs[Number(select.value)];
    lookAt(atEnd ? Infinity : cursor);
    soon(drawChoice);
  });
}

/* Exports */

/** A drawing to take away, at the epoch that the page shows. */
function drawing(section: string, side: SideName): SVGSVGElement | null {
  settleFrames();
  const host = document.querySelector(`${section} .panel[data-side="${side}"] .drawing`);
  return host?.querySelector("svg") ?? host?.querySelector<CellElement>(TAG)?.svg ?? null;
}

const csv = (): string => toCsv(runs.map(({ run }) => run), searchers.map(({ run }) => run), trainings.map(({ training }) => training));

testid("export-curves").addEventListener("click", () => saveText("curves.csv", csv(), "text/csv"));
for (const side of SIDES) {
  const name = (what: string): string => `${chosen[side] ? nameOf(chosen[side].run) : side}-${what}`;
  testid(`export-cell-${side}`).addEventListener("click", () => {
    const svg = drawing("#cell", side);
    if (svg !== null) saveSvg(name(`cell-epoch-${cursor}.svg`), svg);
  });
  testid(`export-dot-${side}`).addEventListener("click", () => {
    settleFrames();
    const run = chosen[side]?.run;
    const epoch = epochAt(run, cursor);
    if (run === undefined || epoch === undefined) return;
    saveText(name(`cell-epoch-${cursor}.dot`), toDot(run.file ?? "", run.space, epoch.genotype), "text/vnd.graphviz");
  });
  testid(`export-heatmap-${side}`).addEventListener("click", () => {
    const svg = drawing("#saturation", side);
    if (svg !== null) savePng(name(`saturation-epoch-${cursor}.png`), svg).catch(fault);
  });
}

/* Begin */

writeContents();
writeTitle();
document.body.classList.toggle("searches", runs.length > 0);
document.body.classList.toggle("searchers", searchers.length > 0);
document.body.classList.toggle("trainings", trainings.length > 0);
if (searchers.length > 0) showSearchers(searchers, csv);
if (trainings.length > 0) showTrainings(trainings, csv);
if (runs.length > 0) {
  document.body.classList.toggle("single", runs.length === 1);
  find("#choice").hidden = runs.length === 1;
  const seeds = groups.some((group) => group.seeds.length > 1);
  find("#means").hidden = !seeds;
  find("#curves .toolbar").hidden = !seeds;
  soon(draw);
  soon(drawChoice);
  soon(drawTables);
}
