/** Reads the runs that the command line put into a report, as wary of them as of any file. */
import { addChecked, configOf, isCount, isObject, need, type Loose } from "./read-run";
import { newRun, type Run } from "./run";
import type { Notations, Space } from "./types";

export interface Reported {
  run: Run;
  /** Of the genotype of each epoch. */
  notations: Pick<Notations, "darts" | "nas_bench_201">[];
  /** Its environment.json, whose fields may be anything. */
  environment: Loose | undefined;
}

export interface Report {
  runs: Reported[];
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
  if (!Array.isArray(all)) return { runs: [], faults: ["The runs in this report cannot be read: its file is damaged."] };
  const report: Report = { runs: [], faults: [] };
  all.forEach((one: unknown, at) => {
    const name = isObject(one) && typeof one["name"] === "string" ? one["name"] : `Run ${at + 1}`;
    try {
      report.runs.push(readOne(name, one));
    } catch (error) {
      report.faults.push(`${name} is left out: ${(error as Error).message.slice(0, 300)}.`);
    }
  });
  return report;
}

function readOne(name: string, x: unknown): Reported {
  need(isObject(x) && Array.isArray(x["events"]) && Array.isArray(x["notations"]), "it is not a run");
  const space = checkSpace(x["space"]);
  const events: unknown[] = x["events"];
  const run = newRun(configOf(events[0]), space, name);
  for (const event of events) addChecked(run, event);
  need(run.epochs.length > 0, "no epoch in it has ended");
  const notations: unknown[] = x["notations"];
  need(notations.length === run.epochs.length, "not every epoch has its notations");
  for (const each of notations) {
    const known = isObject(each) && [each["darts"], each["nas_bench_201"]].every((form) => form === null || typeof form === "string");
    need(known, "the notations of an epoch are wrong");
  }
  const environment = isObject(x["environment"]) ? x["environment"] : undefined;
  return { run, notations: notations as Reported["notations"], environment };
}

function checkSpace(x: unknown): Space {
  need(isObject(x) && typeof x["name"] === "string" && Array.isArray(x["cell_types"]) && x["cell_types"].length > 0, "the space is not described");
  need(x["layout"] === "staged" || isObject(x["layout"]), "the layout of the space is not described");
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
