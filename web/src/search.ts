/** One search in a worker of its own, as the page sees it. */
import type { Device, Files, FromWorker, Until } from "./protocol";
import { spawn } from "./spawn";
import type { Event, SearchConfig } from "./types";

/** Reports to the page. */
export interface Listener {
  event(event: Event): void;
  snapshot(bytes: Uint8Array): void;
  /** It stands still; `ended` where there is nothing more to do. */
  stopped(ended: boolean): void;
  /** `running` says whether it had been told to go on. */
  dead(reason: string, running: boolean): void;
}

/** Beginning of a search: from its configuration, or from a snapshot of a search with it. */
export interface Origin {
  config: SearchConfig;
  snapshot?: Uint8Array | undefined;
}

export class RemoteSearch {
  /** True if it has been told to go on. */
  running = false;
  ended = false;
  /** The name of the device in use. */
  device = "";

  private turn = 0;

  private constructor(
    private readonly worker: Worker,
    private readonly listener: Listener,
  ) {}

  /** Starts a worker and makes the search in it. Rejects with the reason where that fails. */
  static make({ config, snapshot }: Origin, device: Device, files: Files, listener: Listener): Promise<RemoteSearch> {
    const worker = spawn();
    const search = new RemoteSearch(worker, listener);
    return new Promise((resolve, reject) => {
      const refuse = (reason: string): void => {
        worker.terminate();
        reject(new Error(reason));
      };
      worker.onerror = (event) => refuse(event.message || "the worker could not be loaded");
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "refused" || data.type === "dead") return refuse(data.reason);
        if (data.type !== "created") return;
        search.device = data.device;
        worker.onerror = (event) => search.hear({ type: "dead", reason: event.message });
        worker.onmessage = (later: MessageEvent<FromWorker>) => search.hear(later.data);
        resolve(search);
      };
      worker.postMessage(snapshot === undefined ? { type: "create", config, device, files } : { type: "restore", snapshot, config, device, files });
    });
  }

  run(until: Until): void {
    if (this.ended) return;
    this.running = true;
    this.turn += 1;
    this.worker.postMessage({ type: "run", until, turn: this.turn });
  }

  pause(): void {
    this.worker.postMessage({ type: "pause" });
  }

  /** Asks for a snapshot; the listener gets it. */
  snapshot(): void {
    this.worker.postMessage({ type: "snapshot" });
  }

  close(): void {
    this.running = false;
    this.worker.onmessage = null;
    this.worker.onerror = null;
    this.worker.terminate();
  }

  private hear(data: FromWorker): void {
    switch (data.type) {
      case "event":
        this.listener.event(data.event);
        break;
      case "snapshot":
        this.listener.snapshot(data.bytes);
        break;
      case "ended":
        this.ended = true;
        break;
      case "stopped":
        if (data.turn !== this.turn) break;
        this.running = false;
        this.listener.stopped(this.ended);
        break;
      case "dead":
        {
          const { running } = this;
          this.close();
          this.listener.dead(data.reason, running);
        }
        break;
    }
  }
}
