/** Reads the runs that the command line put into a report, as wary of them as of any file. */
import { isObject, type Loose } from "./loose";
import { addChecked, configOf, isCount, need } from "./read-run";
import { readSearcher } from "./read-searcher";
import { readEvaluation, readTraining } from "./read-training";
import { newRun, type Run } from "./run";
import type { SearcherRun } from "./searcher-run";
import type { Evaluation, Training } from "./training";
import type { Notations, Space } from "./types";

type Forms = Pick<Notations, "darts" | "nas_bench_201">;

export interface Reported {
  run: Run;
  /** Of the genotype of each epoch. */
  notations: Forms[];
  /** Its environment.json, whose fields may be anything. */
  environment: Loose | undefined;
}

export interface ReportedTraining {
  training: Training;
  /** Of its genotype. */
  notations: Forms;
  environment: Loose | undefined;
  evaluation: Evaluation | undefined;
}

export interface ReportedSearcher {
  run: SearcherRun;
  /** Of its fittest genotype. */
  notations: Forms;
  environment: Loose | undefined;
}

export interface Report {
  searches: Reported[];
  searchers: ReportedSearcher[];
  trainings: ReportedTraining[];
  /** Faults of the others, a sentence each. */
  faults: string[];
}

export function readReport(text: string): Report {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    all = undefined;
  }
  if (!Array.isArray(all)) return { searches: [], searchers: [], trainings: [], faults: ["The runs in this report cannot be read: its file is damaged."] };
  const report: Report = { searches: [], searchers: [], trainings: [], faults: [] };
  all.forEach((one: unknown, at) => {
    const name = isObject(one) && typeof one["name"] === "string" ? one["name"] : `Run ${at + 1}`;
    try {
      need(isObject(one) && Array.isArray(one["events"]), "it is not a run");
      const [start] = one["events"] as unknown[];
      const kind = isObject(start) ? start["event"] : undefined;
      if (kind === "training_start") report.trainings.push(readReported(name, one));
      else if (kind === "searcher_start") report.searchers.push(readReportedSearcher(name, one));
      else report.searches.push(readSearch(name, one));
    } catch (error) {
      report.faults.push(`${name} is left out: ${(error as Error).message.slice(0, 300)}.`);
    }
  });
  return report;
}

function readReported(name: string, x: Loose): ReportedTraining {
  const training = readTraining(name, x, checkSpace(x["space"]));
  checkForms(x["notations"]);
  return { training, notations: x["notations"], environment: environmentOf(x), evaluation: readEvaluation(x["evaluation"]) };
}

function readReportedSearcher(name: string, x: Loose): ReportedSearcher {
  const run = readSearcher(name, x, checkSpace(x["space"]));
  const all: unknown = x["notations"];
  need(Array.isArray(all), "it is not a run");
  const notations: unknown = all.at(-1);
  checkForms(notations);
  return { run, notations, environment: environmentOf(x) };
}

function readSearch(name: string, x: Loose): Reported {
  need(Array.isArray(x["notations"]), "it is not a run");
  const space = checkSpace(x["space"]);
  const events = x["events"] as unknown[];
  const run = newRun(configOf(events[0]), space, name);
  for (const event of events) addChecked(run, event);
  need(run.epochs.length > 0, "no epoch in it has ended");
  const notations: unknown[] = x["notations"];
  need(notations.length === run.epochs.length, "not every epoch has its notations");
  notations.forEach(checkForms);
  return { run, notations: notations as Forms[], environment: environmentOf(x) };
}

const environmentOf = ({ environment }: Loose): Loose | undefined => (isObject(environment) ? environment : undefined);

function checkForms(x: unknown): asserts x is Forms {
  const known = isObject(x) && [x["darts"], x["nas_bench_201"]].every((form) => form === null || typeof form === "string");
  need(known, "the notations of a genotype are wrong");
}

function checkSpace(x: unknown): Space {
  need(isObject(x) && typeof x["name"] === "string" && Array.isArray(x["cell_types"]) && x["cell_types"].length > 0, "the space is not described");
  need(["staged", "imagenet"].includes(x["layout"] as string) || isObject(x["layout"]), "the layout of the space is not described");
  for (const kind of x["cell_types"] as unknown[]) {
    need(isObject(kind) && typeof kind["name"] === "string" && Array.isArray(kind["edges"]), "a cell type of the space is not described");
    const { inputs, nodes } = kind;
    need(isCount(inputs) && isCount(nodes) && inputs >= 1 && nodes >= 1 && inputs + nodes <= 64, "a cell type of the space has no nodes");
    for (const edge of kind["edges"] as unknown[]) {
      need(isObject(edge) && isCount(edge["from"]) && isCount(edge["to"]), "an edge of the space leads nowhere");
      const operations = edge["operations"];
      const known = edge["from"] < edge["to"] && edge["to"] < inputs + nodes && Array.isArray(operations) && operations.length > 0;
      need(known && operations.every((operation) => typeof operation === "string"), "an edge of the space has no operations");
    }
  }
  return x as unknown as Space;
}
