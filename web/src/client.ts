/** Entry of the npm package in browsers: searches and trainings, each in a worker of its own, and the library's answers. */
import { choose } from "./devices";
import { ask } from "./library";
import type { Device, Files, Pictures, Until } from "./protocol";
import { RemoteTraining } from "./remote-training";
import { RemoteSearch, type Listener, type RemoteSession } from "./search";
import type { Event, Genotype, PresetInfo, SearchConfig, Space, TrainingConfig } from "./types";

export { methodSchema } from "./method-schema";
export type { Schema } from "./schema";
export type * from "./types";
export type { Device, Files, Pictures, Until };

/** Choices for a search or a training, all of which can be left out. */
export interface Options {
  /** `auto`, the default, takes WebGPU where there is a real GPU. */
  device?: "auto" | Device;
  /** Files besides those that the package has. */
  files?: Files;
  /** Snapshot of a search or a training with the same settings, which goes on from there. */
  snapshot?: Uint8Array;
  /** Hears of every event. */
  onEvent?(event: Event): void;
  /** Gets a snapshot at the end of an epoch, every five seconds at most. */
  onSnapshot?(bytes: Uint8Array): void;
}

/** A search or a training in its worker. */
export interface Session {
  /** Name of the device in use. */
  readonly device: string;
  /** True once there is nothing more to do. */
  readonly ended: boolean;
  /** Goes on to the end of a step, of an epoch or of everything, or until `pause`; answers `ended`. Rejects if it dies. */
  run(until?: Until): Promise<boolean>;
  pause(): void;
  /** Ends the worker. A run that is going on is rejected. */
  close(): void;
}

/** A training in its worker. */
export interface Training extends Session {
  /** Returns the names of the classes, once it has ended. */
  classes(): readonly string[];
  /** Returns the probabilities of all classes, image by image, once it has ended. */
  predict(images: Pictures): Promise<Float32Array>;
}

/** Makes a search. Rejects with a sentence that names the setting, the file or the device at fault. */
export function createSearch(config: SearchConfig, options: Options = {}): Promise<Session> {
  const make: Make<RemoteSearch> = (...how) => RemoteSearch.make({ config, snapshot: options.snapshot }, ...how);
  return begin(options, make).then(({ session }) => session);
}

/** Makes a training of a derived network. Rejects like `createSearch`. */
export async function train(config: TrainingConfig, options: Options = {}): Promise<Training> {
  let classes: readonly string[] = [];
  const { session, remote } = await begin(options, (device, files, listener) =>
    RemoteTraining.make({ config, snapshot: options.snapshot }, device, files, { ...listener, trained: (names) => (classes = names) }),
  );
  return Object.assign(session, { classes: () => classes, predict: (images: Pictures) => remote.predict(images) });
}

/** Returns the devices that a search can run on, the CPU first. */
export async function devices(): Promise<Device[]> {
  const { device } = await choose("webgpu");
  return device === "cpu" ? ["cpu"] : ["cpu", device];
}

/** Returns settings for a search of a published space that ends within minutes. */
export const defaults = (space: string): Promise<SearchConfig> => ask("defaults", space);

/** Returns settings for a training of a genotype in the cells of a published space that ends within minutes. */
export const trainingDefaults = (space: string, genotype: Genotype | string): Promise<TrainingConfig> =>
  ask("trainingDefaults", { space, genotype: typeof genotype === "string" ? genotype : JSON.stringify(genotype) });

/** Returns the published methods, each with its settings. */
export const presets = (): Promise<PresetInfo[]> => ask("presets", null);

/** Returns the space that a configuration searches: its cell types with their edges and candidates. */
export const space = (config: SearchConfig): Promise<Space> => ask("space", config);

type Make<R> = (device: Device, files: Files, listener: Listener) => Promise<R>;

interface Waiting {
  resolve(ended: boolean): void;
  reject(reason: Error): void;
}

/** A session with promises, and the worker's side of it. */
interface Begun<R> {
  session: Session;
  remote: R;
}

async function begin<R extends RemoteSession>({ device: wish = "auto", files = {}, onEvent, onSnapshot }: Options, make: Make<R>): Promise<Begun<R>> {
  const { device } = await choose(wish);
  const waiting: Waiting[] = [];
  let gone: Error | undefined;
  const fail = (reason: string): void => {
    gone ??= new Error(reason);
    for (const { reject } of waiting.splice(0)) reject(gone);
  };
  const remote = await make(device, files, {
    event: (event) => onEvent?.(event),
    snapshot: (bytes) => onSnapshot?.(bytes),
    stopped: (ended) => waiting.splice(0).forEach(({ resolve }) => resolve(ended)),
    dead: fail,
  });
  const session: Session = {
    device: remote.device,
    get ended() {
      return remote.ended;
    },
    run(until = "end") {
      if (gone !== undefined) return Promise.reject(gone);
      if (remote.ended) return Promise.resolve(true);
      const stopped = new Promise<boolean>((resolve, reject) => waiting.push({ resolve, reject }));
      remote.run(until);
      return stopped;
    },
    pause: () => remote.pause(),
    close() {
      remote.close();
      fail("the worker was closed");
    },
  };
  return { session, remote };
}
