/** A search, or another session, in a worker of its own, as the page sees it. */
import type { KeptEpoch } from "./history";
import type { Device, Files, FromWorker, Request, ToWorker, Until } from "./protocol";
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

/** A session that stands still is saved after this time in ms, unless it has gone on. */
const SAVE_AFTER_MS = 500;

interface Waiting {
  resolve(answer: KeptEpoch | undefined): void;
  reject(reason: Error): void;
}

/** What searches and trainings share: they go on until something, are paused, and may die. */
export class RemoteSession {
  /** True if it has been told to go on. */
  running = false;
  ended = false;
  /** The name of the device in use. */
  device = "";

  private turn = 0;
  private asked = 0;
  /** Requests without an answer yet, by their numbers. */
  private readonly waiting = new Map<number, Waiting>();

  protected constructor(
    protected readonly worker: Worker,
    private readonly listener: Listener,
  ) {}

  /** Makes the session of `how` in its worker. Rejects with the reason where that fails. */
  protected static start<S extends RemoteSession>(session: S, how: ToWorker): Promise<S> {
    const { worker } = session;
    return new Promise((resolve, reject) => {
      const refuse = (reason: string): void => {
        worker.terminate();
        reject(new Error(reason));
      };
      worker.onerror = (event) => refuse(event.message || "the worker could not be loaded");
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "refused" || data.type === "dead") return refuse(data.reason);
        if (data.type !== "created") return;
        session.device = data.device;
        worker.onerror = (event) => session.hear({ type: "dead", reason: event.message });
        worker.onmessage = (later: MessageEvent<FromWorker>) => session.hear(later.data);
        resolve(session);
      };
      worker.postMessage(how);
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

  /** Asks for a snapshot soon, if it stands still then and `due` says that there is something new. */
  saveSoon(due: () => boolean): void {
    setTimeout(() => !this.running && due() && this.snapshot(), this.ended ? 0 : SAVE_AFTER_MS);
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

  protected hear(data: FromWorker): void {
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
        // A change or a snapshot of a search that stands still is no new stop.
        if (data.turn !== this.turn || !this.running) break;
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

export class RemoteSearch extends RemoteSession {
  /** Starts a worker and makes the search in it. Rejects with the reason where that fails. */
  static make({ config, snapshot, epoch }: Origin, device: Device, files: Files, listener: Listener): Promise<RemoteSearch> {
    const how: ToWorker = snapshot === undefined ? { type: "create", config, device, files } : { type: "restore", snapshot, config, device, files, epoch };
    return this.start(new RemoteSearch(spawn(), listener), how);
  }
}
