/** Messages between the page and its workers. */
import type { KeptEpoch } from "./history";
import type { Event, FirstImages, Genotype, Notations, PresetInfo, SearchConfig, Space, TrainingConfig } from "./types";

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

/** Images of one shape, a byte for each value, image by image and channel by channel. */
export interface Pictures {
  pixels: Uint8Array;
  channels: number;
  height: number;
  width: number;
}

/** Images of a data set with their classes, as bytes. */
export type KnownImages = Omit<FirstImages, "pixels"> & Pictures;

/** Questions about methods and configurations, which need no search. */
export interface Questions {
  presets: { ask: null; answer: PresetInfo[] };
  defaults: { ask: string; answer: SearchConfig };
  check: { ask: SearchConfig; answer: null };
  space: { ask: SearchConfig; answer: Space };
  notations: { ask: Genotype; answer: Notations };
  /** A run's folder as .zip, from its events and the snapshot that was taken after them. */
  pack: { ask: { events: string; snapshot: Uint8Array; environment: string }; answer: Uint8Array };
  unpack: { ask: Uint8Array; answer: { events: string; checkpoint: Uint8Array } };
  /** Number of the events that a checkpoint was taken after. */
  eventsBefore: { ask: { events: string; checkpoint: Uint8Array }; answer: number };
  trainingDefaults: { ask: { space: string; genotype: string }; answer: TrainingConfig };
  /** Some images of each class, of those that a search learns from. */
  samples: { ask: SearchConfig; answer: KnownImages };
  /** Test images; those of a set without test images are its first images. */
  testImages: { ask: SearchConfig; answer: KnownImages };
}

/** A question with its number, which comes back with the answer. */
export type Question = {
  [Q in keyof Questions]: { type: "question"; id: number; question: Q; ask: Questions[Q]["ask"] };
}[keyof Questions];

/** What a search in progress is asked for between two events; the number comes back with the answer. */
export type Request =
  /** Other settings for the steps to come. */
  | { type: "change"; id: number; config: SearchConfig }
  /** The newest snapshot of the end of an epoch, at or before this one. */
  | { type: "recall"; id: number; epoch: number };

/** From the page to a worker. */
export type ToWorker =
  | { type: "create"; config: SearchConfig; device: Device; files: Files }
  /** `config` is that of the snapshot: it says which of the library's files belong to it. `epoch` has ended with it. */
  | { type: "restore"; snapshot: Uint8Array; config: SearchConfig; device: Device; files: Files; epoch?: number | undefined }
  /** Training of a derived network, or its continuation from a snapshot; one worker has a search or a training. */
  | { type: "train"; config: TrainingConfig; snapshot?: Uint8Array | undefined; device: Device; files: Files }
  /** Classes of images, asked of the network of a training that has ended; the answer has the number of the question. */
  | { type: "predict"; id: number; images: Pictures }
  /** `turn` comes back when it stops, so that a late answer is not taken for a new one. */
  | { type: "run"; until: Until; turn: number }
  | { type: "pause" }
  /** Asks for a snapshot between two events. */
  | { type: "snapshot" }
  | Request
  | Question;

/** From a worker to the page. */
export type FromWorker =
  | { type: "created"; device: string }
  /** A search could not be made: wrong settings or files. The worker lives on. */
  | { type: "refused"; reason: string }
  | { type: "event"; event: Event }
  | { type: "snapshot"; bytes: Uint8Array }
  /** `event` records the change; there is none where nothing changed. */
  | { type: "changed"; id: number; event: Event | undefined }
  /** Without `kept` where no snapshot is that old. */
  | { type: "recalled"; id: number; kept: KeptEpoch | undefined }
  /** The search goes on as it was. */
  | { type: "declined"; id: number; reason: string }
  | { type: "stopped"; turn: number }
  | { type: "ended" }
  /** The network of a training can answer; the names of its classes. */
  | { type: "trained"; classes: string[] }
  /** The worker's instance can do no more. */
  | { type: "dead"; reason: string }
  | { type: "answer"; id: number; answer: unknown }
  | { type: "no-answer"; id: number; reason: string };
