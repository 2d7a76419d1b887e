/** A black-box search: a searcher's evaluations in a table. */
import type { Genotype, Space } from "./types";

/** An evaluation, without the architecture that was evaluated. */
export interface SearcherEvaluation {
  fitness: number;
  /** Largest fitness so far. */
  best: number;
  /** Sum of the costs so far in s, where the table has costs. */
  seconds_simulated: number | null;
  /** Time since the search began in s. */
  seconds: number;
}

/** What a table says of an architecture. */
export interface Known {
  cifar10_test: number;
  rank: number;
  cells: number;
}

export interface SearcherRun {
  file: string;
  searcher: string;
  space: Space;
  seed: number;
  evaluations: SearcherEvaluation[];
  /** The fittest architecture, and what the table says of it. */
  genotype: Genotype;
  known: Known | undefined;
  ended: boolean;
  /** Time in s. */
  seconds: number;
}

/** The last evaluation of a search, which has one. */
export const lastEvaluation = ({ evaluations }: SearcherRun): SearcherEvaluation => evaluations.at(-1) as SearcherEvaluation;
