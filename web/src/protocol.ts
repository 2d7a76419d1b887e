/** Messages between the page and its workers. */
import type { Schema } from "./schema";
import type { Event, Genotype, Notations, PresetInfo, SearchConfig, Space } from "./types";

/** Device that a search runs on. */
export type Device = "cpu" | "webgpu";

/** Files of the visitor that a search may need besides its configuration. They are read here and never leave the machine. */
export interface Files {
  /** One CIFAR-10 batch file. */
  batches?: Uint8Array | undefined;
  /** NAS-Bench-201's table as CSV; it stands in for the built-in accuracies. */
  table?: string | undefined;
}

/** End of a run: that of a step, of an epoch, or of everything. */
export type Until = "step" | "epoch" | "end";

/** Questions about methods and configurations, which need no search. */
export interface Questions {
  presets: { ask: null; answer: PresetInfo[] };
  methodSchema: { ask: null; answer: Schema };
  defaults: { ask: string; answer: SearchConfig };
  check: { ask: SearchConfig; answer: null };
  space: { ask: SearchConfig; answer: Space };
  notations: { ask: Genotype; answer: Notations };
  /** A run's folder as .zip, from its events and the snapshot that was taken after them. */
  pack: { ask: { events: string; snapshot: Uint8Array; environment: string }; answer: Uint8Array };
  unpack: { ask: Uint8Array; answer: { events: string; checkpoint: Uint8Array } };
  /** Number of the events that a checkpoint was taken after. */
  eventsBefore: { ask: { events: string; checkpoint: Uint8Array }; answer: number };
}

/** A question with its number, which comes back with the answer. */
export type Question = {
  [Q in keyof Questions]: { type: "question"; id: number; question: Q; ask: Questions[Q]["ask"] };
}[keyof Questions];

/** From the page to a worker. */
export type ToWorker =
  | { type: "create"; config: SearchConfig; device: Device; files: Files }
  /** `config` is that of the snapshot: it says which of the library's files belong to it. */
  | { type: "restore"; snapshot: Uint8Array; config: SearchConfig; device: Device; files: Files }
  /** `turn` comes back when it stops, so that a late answer is not taken for a new one. */
  | { type: "run"; until: Until; turn: number }
  | { type: "pause" }
  /** Asks for a snapshot between two events. */
  | { type: "snapshot" }
  | Question;

/** From a worker to the page. */
export type FromWorker =
  | { type: "created"; device: string }
  /** A search could not be made: wrong settings or files. The worker lives on. */
  | { type: "refused"; reason: string }
  | { type: "event"; event: Event }
  | { type: "snapshot"; bytes: Uint8Array }
  | { type: "stopped"; turn: number }
  | { type: "ended" }
  /** The worker's instance can do no more. */
  | { type: "dead"; reason: string }
  | { type: "answer"; id: number; answer: unknown }
  | { type: "no-answer"; id: number; reason: string };
