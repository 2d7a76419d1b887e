/** Entry of the npm package in browsers: searches, each in a worker of its own, and the library's answers. */
import { choose } from "./devices";
import { ask } from "./library";
import type { Device, Files, Until } from "./protocol";
import { RemoteSearch, type Listener } from "./search";
import type { Event, PresetInfo, SearchConfig, Space } from "./types";

export type * from "./types";
export type { Device, Files, Until };

/** Choices for a search, all of which can be left out. */
export interface Options {
  /** `auto`, the default, takes WebGPU where there is a real GPU. */
  device?: "auto" | Device;
  /** Files besides those that the package has. */
  files?: Files;
  /** Snapshot of a search with the same settings, which goes on from there. */
  snapshot?: Uint8Array;
  /** Hears of every event. */
  onEvent?(event: Event): void;
  /** Gets a snapshot at the end of an epoch, every five seconds at most. */
  onSnapshot?(bytes: Uint8Array): void;
}

/** A search in its worker. */
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

/** Makes a search. Rejects with a sentence that names the setting, the file or the device at fault. */
export function createSearch(config: SearchConfig, options: Options = {}): Promise<Session> {
  return begin(options, (device, files, listener) => RemoteSearch.make({ config, snapshot: options.snapshot }, device, files, listener));
}

/** Returns the devices that a search can run on, the CPU first. */
export async function devices(): Promise<Device[]> {
  const { device } = await choose("webgpu");
  return device === "cpu" ? ["cpu"] : ["cpu", device];
}

/** Returns settings for a search of a published space that ends within minutes. */
export const defaults = (space: string): Promise<SearchConfig> => ask("defaults", space);

/** Returns the published methods, each with its settings. */
export const presets = (): Promise<PresetInfo[]> => ask("presets", null);

/** Returns the space that a configuration searches: its cell types with their edges and candidates. */
export const space = (config: SearchConfig): Promise<Space> => ask("space", config);

type Make = (device: Device, files: Files, listener: Listener) => Promise<RemoteSearch>;

interface Waiting {
  resolve(ended: boolean): void;
  reject(reason: Error): void;
}

async function begin({ device: wish = "auto", files = {}, onEvent, onSnapshot }: Options, make: Make): Promise<Session> {
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
  return {
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
}
