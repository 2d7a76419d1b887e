/** Reads a black-box search that the command line put into a report, as wary of it as of any file. */
import { isObject, type Loose } from "./loose";
import { checkEvent, checkGenotype, isCount, isNumber, isShare, need } from "./read-run";
import type { Known, SearcherEvaluation, SearcherRun } from "./searcher-run";
import type { Genotype, Space } from "./types";

/** Number of evaluations that a search has at most. */
const MOST_EVALUATIONS = 100_000;

export function readSearcher(name: string, x: Loose, space: Space): SearcherRun {
  const events = x["events"] as unknown[];
  const [start, ...rest] = events;
  checkEvent(start);
  const { config } = start;
  need(isObject(config) && isObject(config["searcher"]), "there is no configuration");
  const { seed, searcher } = config;
  need(typeof searcher["name"] === "string" && isNumber(seed), "the configuration has no searcher or no seed");
  const { evaluations } = x;
  need(Array.isArray(evaluations) && evaluations.length > 0, "it has no evaluation");
  need(evaluations.length <= MOST_EVALUATIONS, `more than ${MOST_EVALUATIONS} evaluations`);
  evaluations.forEach(checkEvaluation);
  let last: Loose | undefined;
  let [ended, seconds] = [false, 0];
  for (const event of rest) {
    checkEvent(event);
    seconds = event["seconds"] as number;
    if (event["event"] === "searcher_epoch") {
      checkGenotype(event["genotype"], space);
      checkKnown(event["benchmark"]);
      last = event;
    } else {
      need(event["event"] === "searcher_end", "an event of an unknown kind");
      ended = true;
    }
  }
  need(last !== undefined, "no epoch in it has ended");
  const [genotype, known] = [last["genotype"] as Genotype, last["benchmark"] as Known | undefined];
  return { file: name, searcher: searcher["name"], space, seed, evaluations: evaluations as SearcherEvaluation[], genotype, known, ended, seconds };
}

function checkEvaluation(x: unknown, at: number): void {
  need(isObject(x) && x["evaluation"] === at + 1, "the evaluations are not in order");
  need(isNumber(x["fitness"]) && isNumber(x["best"]) && isNumber(x["seconds"]), "an evaluation is not described");
  need(x["seconds_simulated"] === null || isNumber(x["seconds_simulated"]), "the cost of an evaluation is not a number");
}

function checkKnown(x: unknown): void {
  if (x === undefined) return;
  need(isObject(x) && isShare(x["cifar10_test"]) && isCount(x["rank"]) && isCount(x["cells"]), "benchmark is wrong");
}
