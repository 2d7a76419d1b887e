/** Reads the events of a run that somebody brought. They may be anything, so every shape is checked before it is drawn. */
import { isObject, type Loose } from "./loose";
import { add, newRun, type Run } from "./run";
import type { CellType, EpochEvent, Event, SearchConfig, Space } from "./types";

/** Version of events that the library writes and this page reads. */
const VERSION = 3;
export const MOST_BYTES = 64 << 20;
const LONGEST_LINE = 4 << 20;
const MOST_EVENTS = 1_000_000;
const MOST_CONSTRAINTS = 1_000;
const MOST_MEASURES = 32;
export const MOST_EPOCHS = 2_000;
/** The page breathes after so many milliseconds of reading. */
const SLICE_MS = 30;

class Wrong extends Error {}

export function need(ok: boolean, what: string): asserts ok {
  if (!ok) throw new Wrong(what);
}

export const isNumber = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
export const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
const isMaybe = (x: unknown): boolean => x === null || x === undefined || isNumber(x);
export const isShare = (x: unknown): x is number => isNumber(x) && x >= 0 && x <= 1;

function numbers(x: unknown, length: number, what: string): void {
  need(Array.isArray(x) && x.length === length && x.every(isNumber), `${what} is not a list of ${length} numbers`);
}

export function checkGenotype(x: unknown, space: Space): void {
  need(isObject(x) && Array.isArray(x["cells"]), "the genotype has no cells");
  const cells: unknown[] = x["cells"];
  need(cells.length === space.cell_types.length, `the genotype does not have ${space.cell_types.length} cell types`);
  cells.forEach((cell, c) => {
    const nodes = isObject(cell) ? cell["nodes"] : undefined;
    const kind = space.cell_types[c];
    need(Array.isArray(nodes) && nodes.length === kind?.nodes, "the genotype does not fit the space");
    for (const reads of nodes) {
      need(Array.isArray(reads), "the genotype does not fit the space");
      for (const read of reads) {
        const known = Array.isArray(read) && typeof read[0] === "string" && isCount(read[1]);
        need(known, "the genotype does not fit the space");
      }
    }
  });
}

/** Runs of earlier builds have none. */
function checkGradient(x: unknown, { edges }: CellType): void {
  need(Array.isArray(x) && [0, edges.length].includes(x.length), "the gradient of a cell does not fit the space");
  x.forEach((row: unknown, e) => numbers(row, edges[e]?.operations.length ?? 0, "gradient"));
}

/** Checks an epoch against the space. The number of cells may differ from one to the next. */
function checkEpoch(x: Loose, space: Space, before: EpochEvent | undefined): void {
  need(x["epoch"] === (before?.epoch ?? 0) + 1, "the epochs are not in order");
  for (const key of ["lambda", "lr", "train_loss", "valid_loss", "gradient_norm"]) need(isNumber(x[key]), `${key} is not a number`);
  for (const key of ["loss_gradient_norm", "regularizer_gradient_norm", "curvature"]) need(isMaybe(x[key]), `${key} is not a number`);
  for (const key of ["supernet_accuracy", "clipped"]) need(isShare(x[key]), `${key} is not between 0 and 1`);
  for (const key of ["parameter_free", "skip_connections"]) need(isCount(x[key]), `${key} is not a count`);
  need(isObject(x["operations"]) && Object.values(x["operations"]).every(isCount), "operations are not counted");
  const reports = x["cell_types"];
  need(Array.isArray(reports) && reports.length === space.cell_types.length, `not ${space.cell_types.length} cell types`);
  reports.forEach((report: unknown, c) => {
    const kind = space.cell_types[c];
    need(isObject(report) && isMaybe(report["alignment"]) && kind !== undefined, "a cell type is not described");
    const { probabilities, saturation } = report;
    need(Array.isArray(probabilities) && probabilities.length === kind.edges.length, "probabilities do not fit the space");
    kind.edges.forEach((edge, e) => numbers(probabilities[e], edge.operations.length, "probabilities of an edge"));
    need(isObject(saturation) && isMaybe(saturation["mean_cosine"]), "the saturation is missing");
    const edges = kind.edges.length;
    numbers(saturation["entropy"], edges, "entropy");
    numbers(saturation["jacobian"], edges, "jacobian");
    const { cells, cosines } = saturation;
    need(Array.isArray(cells) && cells.length <= 256, "the cells are missing");
    for (const cell of cells as unknown[]) {
      need(isObject(cell) && isNumber(cell["pull"]) && isNumber(cell["agreement"]), "a cell is not described");
      numbers(cell["transmitted"], edges, "transmitted");
      numbers(cell["transmitted_share"], edges, "transmitted_share");
      numbers(cell["asks"], edges, "asks");
      const asks = cell["asks"] as number[];
      const known = asks.every((asked, e) => isCount(asked) && asked < (kind.edges[e]?.operations.length ?? 0));
      need(known, "a cell asks for an operation that its edge does not have");
      checkGradient(cell["gradient"] ?? [], kind);
    }
    need(Array.isArray(cosines) && cosines.length === cells.length, "cosines are not a square");
    for (const row of cosines as unknown[]) numbers(row, cells.length, "cosines");
  });
  const known = x["benchmark"] ?? { cifar10_test: 0, rank: 0, cells: 0 };
  need(isObject(known) && isShare(known["cifar10_test"]) && isCount(known["rank"]) && isCount(known["cells"]), "benchmark is wrong");
  const measures = x["measures"] ?? {};
  need(isObject(measures) && Object.values(measures).every(isNumber) && Object.keys(measures).length <= MOST_MEASURES, "measures are not numbers");
  const warnings = x["warnings"] ?? [];
  need(Array.isArray(warnings) && warnings.every((warning) => typeof warning === "string"), "warnings are not texts");
  checkGenotype(x["genotype"], space);
}

function checkStep(x: Loose): void {
  need(isCount(x["epoch"]) && isCount(x["step"]), "the step has no number");
  need(isNumber(x["train_loss"]) && isNumber(x["valid_loss"]), "the step has no losses");
  need(Array.isArray(x["alignment"]) && x["alignment"].every(isMaybe), "the step has no alignment");
}

export function checkEvent(x: unknown): asserts x is Loose {
  need(isObject(x), "not an event");
  need(x["version"] === VERSION, `not an event of version ${VERSION}`);
  need(isNumber(x["seconds"]), "the time is missing");
}

/** The configuration in the first event of a run. */
export function configOf(x: unknown): SearchConfig {
  checkEvent(x);
  need(x["event"] !== "searcher_start", "it is a black-box search, which `lambda-darts report` draws");
  need(x["event"] === "start", "the first event is not the start of a search");
  const config = checkConfig(x["config"]);
  need(isCount(x["steps"]), "the configuration has no length");
  need(typeof x["device"] === "string", "the device is not named");
  return config;
}

function checkConfig(config: unknown): SearchConfig {
  need(isObject(config) && typeof config["space"] === "string", "there is no configuration");
  const { method, supernet, weights } = config;
  need(isObject(method) && typeof method["name"] === "string", "the configuration has no method");
  need(isObject(supernet) && isCount(supernet["cells"]), "the configuration has no cells");
  need(isObject(weights) && isNumber(weights["clip"]), "the configuration has no clip");
  need(isCount(config["epochs"]), "the configuration has no length");
  checkConstraints(config["architecture"]);
  return config as unknown as SearchConfig;
}

function checkConstraints(architecture: unknown): void {
  const constraints = isObject(architecture) ? (architecture["constraints"] ?? []) : [];
  need(Array.isArray(constraints) && constraints.length <= MOST_CONSTRAINTS, "the constraints are not a list");
  for (const one of constraints as unknown[]) {
    const known = isObject(one) && typeof one["cell"] === "string" && isCount(one["from"]) && isCount(one["to"]);
    need(known && typeof one["operation"] === "string", "a constraint does not name its edge and its operation");
    need(one["rule"] === "force" || one["rule"] === "forbid", "a constraint has no rule");
  }
}

function checkChange(x: Loose, run: Run): void {
  const { epoch, step, changed } = x;
  need(isCount(epoch) && epoch >= 1 && epoch <= MOST_EPOCHS && isCount(step), "the change has no place in the run");
  need(Array.isArray(changed) && changed.every((path) => typeof path === "string"), "the change does not name its settings");
  const config = checkConfig(x["config"]);
  need(config.space === run.config.space && config.seed === run.config.seed, "a search cannot change its space or its seed");
}

function checkSelection(x: Loose, run: Run): void {
  need(isCount(x["step"]) && isCount(x["of"]), "the selection has no place");
  if (x["genotype"] !== undefined) checkGenotype(x["genotype"], run.space);
}

/** Adds an event of any origin to its run. */
export function addChecked(run: Run, x: unknown): void {
  checkEvent(x);
  if (x["event"] === "step") checkStep(x);
  else if (x["event"] === "epoch") checkEpoch(x, run.space, run.epochs.at(-1));
  else if (x["event"] === "change") checkChange(x, run);
  else if (x["event"] === "selection") checkSelection(x, run);
  else if (x["event"] === "end") checkGenotype(x["genotype"], run.space);
  else if (x["event"] !== "start") throw new Wrong("an event of an unknown kind");
  add(run, x as unknown as Event);
  need(run.events.length <= MOST_EVENTS, `more than ${MOST_EVENTS} events`);
  need(run.epochs.length <= MOST_EPOCHS, `more than ${MOST_EPOCHS} epochs`);
}

/**
 * Reads a run. `spaceOf` gives the topology of a configuration; it is the library's.
 * Rejects with a sentence that names the file and the line.
 */
export async function readRun(file: File, spaceOf: (config: SearchConfig) => Promise<Space>): Promise<Run> {
  if (file.size > MOST_BYTES) throw new Error(`${file.name}: larger than ${MOST_BYTES >> 20} MiB.`);
  const run = await readEvents(await file.text(), file.name, spaceOf);
  if (run.epochs.length === 0) throw new Error(`${file.name}: no epoch in it has ended yet, so there is nothing to draw.`);
  return run;
}

/** Reads the text of an events.jsonl under a name; the run may be without an epoch. */
export async function readEvents(text: string, name: string, spaceOf: (config: SearchConfig) => Promise<Space>): Promise<Run> {
  if (text.length > MOST_BYTES) throw new Error(`${name}: larger than ${MOST_BYTES >> 20} MiB.`);
  const lines = text.split("\n");
  let run: Run | undefined;
  let since = performance.now();
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    // A run that is still being written may end in half a line.
    const half = at === lines.length - 1 && run !== undefined && run.epochs.length > 0;
    try {
      need(line.length <= LONGEST_LINE, "longer than an event can be");
      const x: unknown = JSON.parse(line);
      if (run === undefined) {
        const config = configOf(x);
        const space = await spaceOf(config).catch((error: Error) => {
          throw new Wrong(error.message);
        });
        run = newRun(config, space, name);
      }
      addChecked(run, x);
    } catch (error) {
      if (half && error instanceof SyntaxError) break;
      const what = error instanceof SyntaxError ? "not JSON" : (error as Error).message;
      throw new Error(`${name}, line ${at + 1}: ${what.slice(0, 300)}. It is not the events.jsonl of a run.`);
    }
    if (performance.now() - since > SLICE_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
    }
  }
  if (run === undefined) throw new Error(`${name}: empty. It is not the events.jsonl of a run.`);
  return run;
}
