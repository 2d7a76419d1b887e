/** One search in a worker of its own, as the page sees it. */
import type { KeptEpoch } from "./history";
import type { Device, Files, FromWorker, Request, Until } from "./protocol";
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
  /** The epoch that has ended with the snapshot. */
  epoch?: number | undefined;
}

interface Waiting {
  resolve(answer: KeptEpoch | undefined): void;
  reject(reason: Error): void;
}

export class RemoteSearch {
  /** True if it has been told to go on. */
  running = false;
  ended = false;
  /** The name of the device in use. */
  device = "";

  private turn = 0;
  private asked = 0;
  /** Requests without an answer yet, by their numbers. */
  private readonly waiting = new Map<number, Waiting>();

  private constructor(
    private readonly worker: Worker,
    private readonly listener: Listener,
  ) {}

  /** Starts a worker and makes the search in it. Rejects with the reason where that fails. */
  static make({ config, snapshot, epoch }: Origin, device: Device, files: Files, listener: Listener): Promise<RemoteSearch> {
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
      worker.postMessage(snapshot === undefined ? { type: "create", config, device, files } : { type: "restore", snapshot, config, device, files, epoch });
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

  /** Changes its settings for the steps to come. Rejects with the reason if they cannot change. */
  async change(config: SearchConfig): Promise<void> {
    await this.request((id) => ({ type: "change", id, config }));
  }

  /** Returns the newest snapshot that its worker has of the end of an epoch, at or before this one. */
  recall(epoch: number): Promise<KeptEpoch | undefined> {
    return this.request((id) => ({ type: "recall", id, epoch }));
  }

  private request(of: (id: number) => Request): Promise<KeptEpoch | undefined> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage(of(id));
    });
  }

  private take(id: number): Waiting | undefined {
    const found = this.waiting.get(id);
    this.waiting.delete(id);
    return found;
  }

  close(): void {
    this.running = false;
    for (const { reject } of this.waiting.values()) reject(new Error("the search is gone"));
    this.waiting.clear();
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
      case "changed":
        if (data.event !== undefined) this.listener.event(data.event);
        this.take(data.id)?.resolve(undefined);
        break;
      case "recalled":
        this.take(data.id)?.resolve(data.kept);
        break;
      case "declined":
        this.take(data.id)?.reject(new Error(data.reason));
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
