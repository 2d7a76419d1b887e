/** Puts the page together. */
import "./styles/fonts.css";
import "./styles/page.css";
import "./styles/controls.css";
import "./styles/views.css";
import "./styles/marks.css";
import "./styles/hands.css";
import "./styles/drawing.css";
import "./styles/unserved.css";
import { apply, comparisonSettings, read, write } from "./address";
import { hiddenAsked, strange, withExtras } from "./address-extras";
import { comparisonNamed, COMPARISONS, OWN_COMPARISON, type Comparison } from "./comparisons";
import { Controls } from "./controls";
import { listen, recognize } from "./drop";
import { Experiment } from "./experiment";
import { Keeps } from "./keeps";
import { savePng, saveSvg, saveText } from "./export";
import { settleFrames, soon } from "./frames";
import { Hands } from "./hands/hands";
import { hide } from "./hide";
import { ask } from "./library";
import { Message } from "./message";
import { catalogOf, type Catalog } from "./method";
import { methodSchema } from "./method-schema";
import { find, reason, testid } from "./page";
import type { Until } from "./protocol";
import { epochAt, toLines } from "./run";
import { Scene } from "./scene";
import { changed, fieldsOf, fromConfig, methodLabel, methodOf, SIDES, toConfig, type Settings, type SideName } from "./settings";
import { Story } from "./story";
import { mountTour } from "./tour-door";
import type { Genotype, Notations, SearchConfig, Space } from "./types";
import type { Measure } from "./views/heatmap";
import { brief } from "./views/numbers";

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const message = new Message(find("#message"));
addEventListener("error", ({ error }) => error instanceof Error && message.say(`Something on this page went wrong: ${error.message}`, "fault"));
const experiment = new Experiment({
  redraw: () => (keeps.changed(), schedule(true)),
  update: () => (keeps.changed(), schedule(false)),
  kept: (side) => keeps.save(side),
  note: (text) => message.say(text),
  died: sayDeaths,
});

const story = new Story(experiment, message);

function sayDeaths(): void {
  const { deaths } = experiment;
  const what = deaths.map(([side, why]) => `The ${side} search stopped: ${why}.`).join(" ");
  message.say(what, "fault", {
    label: deaths.length > 1 ? "Restart both" : "Restart it",
    run: () => void experiment.restart().catch((error) => message.say(`It could not be restarted: ${reason(error)}`, "fault", { label: "Try again", run: sayDeaths })),
  });
}

/* What is looked at */

const slider = testid<HTMLInputElement>("slider");
let follow = true;
let cursor = 0;
let kind = 0;
let measure: Measure = "saturation";
const scene = new Scene((epoch) => lookAt(epoch), "button");

function lookAt(epoch: number): void {
  const longest = experiment.longest;
  cursor = Math.max(1, Math.min(epoch, longest));
  // At the newest epoch the page goes on with the search.
  follow = cursor >= experiment.reached && cursor >= longest;
  schedule(true);
}

/* Settings */

/** The methods and their settings, once the library has answered. */
let catalog: Catalog | undefined;
let base: SearchConfig | undefined;
let baseSettings: Settings | undefined;
let settings: Settings | undefined;
let comparison: Comparison = OWN_COMPARISON;
let blankSpace: Space | undefined;
/** The settings that the present searches were made with. */
let used: Settings | undefined;

const comparisonSelect = find<HTMLSelectElement>("#preset");
comparisonSelect.append(...COMPARISONS.map(({ id, name }) => new Option(name, id)));
const controls = new Controls(find("#main-fields"), find("#more-fields"), (key, value) => {
  if (settings === undefined) return;
  if (key === "space") void take(OWN_COMPARISON, String(value), { left: settings.left, right: settings.right, seed: settings.seed, device: settings.device });
  else settle(changed(settings, key, value));
});
comparisonSelect.addEventListener("change", () => {
  const next = comparisonNamed(comparisonSelect.value) ?? OWN_COMPARISON;
  // One's own settings begin where one is.
  if (next === OWN_COMPARISON && settings !== undefined) void take(next, settings.space, settings);
  else void take(next, next.space, { device: settings?.device ?? "auto" });
});

/** Takes a comparison on a space, with some settings on top. */
async function take(next: Comparison, space: string, values: Partial<Settings>): Promise<void> {
  if (catalog === undefined) return;
  try {
    const config = await ask("defaults", space);
    base = config;
    comparison = next;
    baseSettings = comparisonSettings(next, fromConfig(config, catalog));
    settle(apply(baseSettings, values));
  } catch (error) {
    sayUnloaded(error, () => void take(next, space, values));
  }
}

function sayUnloaded(error: unknown, again: () => void): void {
  message.say(`The search library could not be loaded: ${reason(error)}`, "fault", { label: "Try again", run: again });
}

/** Makes these the settings: in the controls, in the address, in the blank drawing. */
function settle(next: Settings): void {
  settings = next;
  comparisonSelect.value = comparison.id;
  find("#preset-sentence").textContent = comparison.sentence;
  controls.show(next);
  if (baseSettings !== undefined && catalog !== undefined) {
    history.replaceState(null, "", location.pathname + withExtras(write(comparison, baseSettings, next, fieldsOf(catalog)), location.search) + location.hash);
  }
  if (base !== undefined && catalog !== undefined) {
    const config = toConfig(base, next, "left", catalog);
    experiment.epochs = next.train;
    story.expect(config);
    ask("space", config).then(
      (space) => {
        blankSpace = space;
        schedule(true);
      },
      (error) => message.say(capital(reason(error)), "fault"),
    );
  }
  schedule(false);
}

/* The searches */

async function go(until: Until): Promise<void> {
  if (experiment.starting || settings === undefined || base === undefined || catalog === undefined) return;
  if (!experiment.live) {
    if (settings.data === "cifar10" && experiment.files.batches === undefined) {
      message.say("These settings search on CIFAR-10. Drop one of its files data_batch_1.bin to data_batch_5.bin on the page first; it is read here and sent nowhere.");
      return;
    }
    message.clear();
    follow = true;
    used = settings;
    const configs = { left: toConfig(base, settings, "left", catalog), right: toConfig(base, settings, "right", catalog) };
    try {
      await keeps.begin(configs, settings);
    } catch (error) {
      used = undefined;
      message.say(`The search could not begin: ${reason(error)}`, "fault");
      return;
    }
  }
  follow = true;
  experiment.run(until);
}

function reset(): void {
  message.clear();
  used = undefined;
  follow = true;
  cursor = 0;
  keeps.reset();
  experiment.clear();
}

testid("play").addEventListener("click", () => void go("end"));
testid("step").addEventListener("click", () => void go("step"));
testid("step-epoch").addEventListener("click", () => void go("epoch"));
testid("pause").addEventListener("click", () => experiment.pause());
testid("reset").addEventListener("click", reset);
slider.addEventListener("input", () => lookAt(Number(slider.value)));
find("#follow").addEventListener("click", () => lookAt(Infinity));
for (const input of document.querySelectorAll<HTMLInputElement>('input[name="measure"]')) {
  input.addEventListener("change", () => {
    measure = input.value as Measure;
    find("#saturation").dataset["measure"] = measure;
    schedule(true);
  });
}
for (const input of document.querySelectorAll<HTMLInputElement>('input[name="kind"]')) {
  input.addEventListener("change", () => {
    kind = Number(input.value);
    schedule(true);
  });
}

/* Hands on running searches */

const hands = new Hands({
  experiment,
  look: () => ({ at: cursor, kind }),
  planned: (side) => base && settings && catalog && toConfig(base, settings, side, catalog),
  methodNamed: (name) => base && settings && catalog && methodOf(base.method, settings, name, catalog),
  say: (words, tone) => message.say(words, tone),
  branched: () => {
    keeps.branched();
    lookAt(Infinity);
  },
});

/* Drawing: the views only where an epoch or the look changed */

function schedule(all: boolean): void {
  if (all) soon(drawViews);
  soon(drawText);
}

function moveOn(): void {
  if (follow) cursor = experiment.reached;
}

function drawViews(): void {
  moveOn();
  const { runs, longest } = experiment;
  const spaces = SIDES.flatMap((side) => runs[side]?.space ?? []);
  const cellTypes = Math.max(...[...spaces, ...(spaces.length === 0 && blankSpace ? [blankSpace] : [])].map((space) => space.cell_types.length), 1);
  if (kind >= cellTypes) {
    kind = 0;
    find<HTMLInputElement>('input[name="kind"]').checked = true;
  }
  find("#cell-types").hidden = cellTypes < 2;
  slider.max = String(Math.max(1, longest));
  slider.min = longest > 0 ? "1" : "0";
  slider.disabled = longest === 0;
  slider.value = String(cursor);
  slider.setAttribute("aria-valuetext", `epoch ${cursor} of ${longest}`);
  scene.draw(runs, { at: cursor, kind, measure, space: blankSpace }, keeps.series(runs));
  for (const side of SIDES) void writeGenotype(side);
}

function drawText(): void {
  moveOn();
  const { running, starting, exploring, live, finished, runs } = experiment;
  const ready = settings !== undefined && !exploring;
  const set = (id: string, enabled: boolean): void => {
    testid<HTMLButtonElement>(id).disabled = !enabled;
  };
  set("play", ready && !running && !starting && !finished);
  set("step", ready && !running && !starting && !finished);
  set("step-epoch", ready && !running && !starting && !finished);
  set("pause", running);
  set("reset", live || exploring || starting);
  document.body.classList.toggle("running", running);
  testid("epoch").textContent = String(cursor);
  const planned = Math.max(0, ...SIDES.map((side) => runs[side]?.config.epochs ?? 0)) || (settings?.epochs ?? 0);
  find("#of-epochs").textContent = planned > 0 ? `of ${planned}` : "";
  find("#follow").hidden = follow || experiment.longest === 0;
  find("#stale").hidden = !live || used === undefined || JSON.stringify(used) === JSON.stringify(settings);
  testid("device").textContent = deviceText();
  for (const side of SIDES) drawStatus(side);
  hands.show();
  set("export-genotype", experiment.longest > 0);
  for (const side of SIDES) {
    for (const what of ["events", "cell", "heatmap"]) set(`export-${what}-${side}`, (runs[side]?.epochs.length ?? 0) > 0);
  }
}

function deviceText(): string {
  if (experiment.device !== "") return experiment.exploring ? `${experiment.device} (recorded)` : experiment.device;
  if (experiment.starting) return "starting…";
  return { cpu: "CPU", webgpu: "WebGPU" }[settings?.device ?? ""] ?? "chosen at start";
}

function drawStatus(side: SideName): void {
  const run = experiment.runs[side];
  const method = run?.config.method.name ?? settings?.[side] ?? (side === "left" ? "darts" : "lambda-darts");
  for (const title of document.querySelectorAll(`.panel[data-side="${side}"] .method`)) title.textContent = methodLabel(method);
  find(`#legend-${side}`).textContent = methodLabel(method) + (run?.past === undefined ? "" : `, branched at epoch ${run.past}`);
  const status = find(`.status[data-side="${side}"]`);
  if (run === undefined) {
    status.textContent = experiment.starting ? "Making the supernet…" : "Ready.";
    return;
  }
  const { last, steps, epochs, ended, file, config } = run;
  const parts: string[] = [];
  if (file !== undefined) parts.push(`${file}, ${epochs.length} of ${config.epochs} epochs`);
  else if (ended) parts.push(`Finished after ${epochs.length} epochs`);
  else if (last === undefined) parts.push(experiment.stepping(side) ? "The first step…" : "Ready");
  else {
    parts.push(`Epoch ${last.epoch} of ${config.epochs}, step ${last.step} of ${steps}`);
    if (!experiment.stepping(side)) parts.push("paused");
  }
  if (last !== undefined && !ended) parts.push(`loss ${brief(last.train_loss)}`, `Λ ${brief(last.alignment[0])}`);
  status.textContent = parts.join(" · ");
}

/* Genotypes and exports */

const notations = new Map<string, Promise<Notations>>();

function notationsOf(genotype: Genotype): Promise<Notations> {
  const key = JSON.stringify(genotype);
  let found = notations.get(key);
  if (found === undefined) {
    if (notations.size > 500) notations.clear();
    found = ask("notations", genotype);
    notations.set(key, found);
  }
  return found;
}

async function writeGenotype(side: SideName): Promise<void> {
  const epoch = epochAt(experiment.runs[side], cursor);
  const host = testid(`genotype-${side}`);
  if (epoch === undefined) {
    host.textContent = "";
    return;
  }
  let text = JSON.stringify(epoch.genotype);
  try {
    const { darts, nas_bench_201 } = await notationsOf(epoch.genotype);
    text = nas_bench_201 ?? darts ?? text;
  } catch {
    // The plain form stands for it.
  }
  // Another epoch may be shown by now.
  if (epochAt(experiment.runs[side], cursor) === epoch) host.textContent = text;
}

async function exportGenotypes(): Promise<void> {
  const found: Record<string, unknown> = {};
  for (const side of SIDES) {
    const run = experiment.runs[side];
    const epoch = epochAt(run, cursor);
    if (run === undefined || epoch === undefined) continue;
    const { darts, nas_bench_201 } = await notationsOf(epoch.genotype);
    found[side] = { method: run.config.method.name, space: run.config.space, seed: run.config.seed, epoch: epoch.epoch, genotype: epoch.genotype, darts, nas_bench_201 };
  }
  saveText("genotypes.json", `${JSON.stringify(found, null, 2)}\n`, "application/json");
}

const orSay = (work: Promise<void>): void => void work.catch((error) => message.say(reason(error), "fault"));
/** A drawing to take away, at the epoch that the page shows. */
function drawing(section: string, side: SideName): SVGSVGElement | null {
  settleFrames();
  return document.querySelector(`${section} .panel[data-side="${side}"] .drawing svg`);
}

testid("export-genotype").addEventListener("click", () => orSay(exportGenotypes()));
for (const side of SIDES) {
  const name = (what: string): string => `${experiment.runs[side]?.config.method.name ?? side}-${what}`;
  testid(`export-events-${side}`).addEventListener("click", () => {
    const run = experiment.runs[side];
    if (run !== undefined) saveText(name("events.jsonl"), toLines(run), "application/jsonl");
  });
  testid(`export-cell-${side}`).addEventListener("click", () => {
    const svg = drawing("#cell", side);
    if (svg !== null) saveSvg(name(`cell-epoch-${cursor}.svg`), svg);
  });
  testid(`export-heatmap-${side}`).addEventListener("click", () => {
    const svg = drawing("#saturation", side);
    if (svg !== null) orSay(savePng(name(`saturation-epoch-${cursor}.png`), svg));
  });
}

/* Files */

async function takeFiles(files: File[]): Promise<void> {
  const { rest, told, faults, action } = await keeps.take(files);
  for (const file of rest) {
    try {
      told.push(await takeFile(file));
    } catch (error) {
      faults.push(reason(error));
    }
  }
  if (faults.length > 0) message.say([...faults, ...told].join(" "), "fault", action);
  else if (told.length > 0) message.say(told.join(" "), "note", action);
}

async function takeFile(file: File): Promise<string> {
  const dropped = await recognize(file);
  if (dropped.what === "events") {
    const { readRun } = await import("./read-run");
    const run = await readRun(dropped.file, (config) => ask("space", config));
    keeps.reset();
    const side = experiment.open(run);
    lookAt(Infinity);
    return `${file.name} is on the ${side}: ${methodLabel(run.config.method.name)}, ${run.epochs.length} epochs on ${run.device}. Reset returns to searching here.`;
  }
  if (dropped.what === "table") {
    experiment.files = { ...experiment.files, table: dropped.text };
    return `${dropped.name}: a table of ${dropped.rows} cells. The next search on NAS-Bench-201 takes from it what its cell reaches when it is trained in full.`;
  }
  if (dropped.what === "picture") return story.open(dropped.file);
  experiment.files = { ...experiment.files, batches: dropped.bytes };
  if (settings !== undefined) {
    const { data, size, images } = settings;
    // Whole images of 32 pixels are slow in a browser: begin with less.
    const next = data === "cifar10" ? settings : { ...settings, data: "cifar10", size: size || 16, images: images || 4000 };
    // More than there are cannot be drawn.
    settle({ ...next, images: Math.min(next.images, dropped.images) });
  }
  return `${dropped.name}: ${dropped.images} images of CIFAR-10. The next search uses ${settings?.images || dropped.images} of them${settings?.size ? `, shrunk to ${settings.size} pixels` : ""}.`;
}

listen(testid("drop"), (files) => void takeFiles(files), (why) => message.say(why, "fault"));

/* Runs that last */

const keeps = new Keeps({
  experiment,
  message,
  device: () => settings?.device ?? "auto",
  settle: async (query) => {
    if (catalog === undefined) return;
    const asked = read(query, fieldsOf(catalog));
    await take(asked.comparison, asked.space, asked.values);
  },
  show: () => {
    used = settings;
    lookAt(Infinity);
  },
  redraw: () => schedule(true),
});

/* Begin */

async function begin(): Promise<void> {
  try {
    catalog = catalogOf(await ask("presets", null), methodSchema);
  } catch (error) {
    sayUnloaded(error, () => void begin());
    return;
  }
  controls.complete(catalog);
  hands.complete(catalog.methods);
  const asked = read(location.search, fieldsOf(catalog));
  const ignored = [...asked.ignored, ...strange(location.search)];
  if (ignored.length > 0) {
    message.say(`This address asks for something that this page does not know, and which is left out: ${ignored.join(", ")}.`, "fault");
  }
  await take(asked.comparison, asked.space, asked.values);
}

hide(hiddenAsked(location.search));
mountTour(testid("tour"), (error) => message.say(`The tour could not be loaded: ${reason(error)}`, "fault"));
void begin();
schedule(true);
