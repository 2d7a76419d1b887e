/** Database of runs in the browser (IndexedDB): the facts of each run, its events in batches, its newest snapshot. */
import type { EndedEpoch } from "./run";
import type { SideName } from "./settings";
import type { SearchConfig, Space, TrainingConfig } from "./types";

const NAME = "lambda-darts";
const VERSION = 1;
const TABLES = ["runs", "events", "snapshots"] as const;

/** Seeds of a queue, in their order, and a name that all its runs have in common. */
export interface SeedQueue {
  id: string;
  seeds: readonly number[];
}

interface Facts {
  id: string;
  /** Name that the runs of both sides have in common. */
  experiment: string;
  side: SideName;
  /** Times in ms since 1970: of the beginning, and of the newest events. */
  began: number;
  changed: number;
  /** Query of the page's address, and the wish for a device. */
  address: string;
  device: string;
  queue?: SeedQueue;
  /** Files of the visitor that the run needs again to go on. */
  files: readonly ("batches" | "table")[];
  /** Number of events. */
  events: number;
  /** Size of the events and of the snapshot in bytes. */
  eventBytes: number;
  snapshotBytes: number;
  epochs: number;
  ended: boolean;
}

export type StoredSearch = Facts & { kind: "search"; config: SearchConfig; space: Space; last?: EndedEpoch; changes?: number };
export type StoredTraining = Facts & { kind: "training"; config: TrainingConfig; accuracy?: number };
/** Facts of a run, without its events and its snapshot. */
export type StoredRun = StoredSearch | StoredTraining;

/** Snapshot of a run, with the number of events before it. */
export interface StoredSnapshot {
  bytes: Uint8Array;
  events: number;
}

/** Events that a run has got, as lines of events.jsonl, and its facts afterwards. */
export interface Addition {
  /** Number of events before these. */
  from: number;
  lines: string;
  snapshot: StoredSnapshot | undefined;
  facts: StoredRun;
}

export class Store {
  private constructor(private readonly db: IDBDatabase) {
    // Another tab with a later version of this page would wait for this one otherwise.
    db.onversionchange = () => db.close();
  }

  /** Opens the database. Rejects where the browser keeps nothing. */
  static async open(): Promise<Store> {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("runs", { keyPath: "id" });
      request.result.createObjectStore("events", { keyPath: ["run", "from"] });
      request.result.createObjectStore("snapshots", { keyPath: "run" });
    };
    return new Store(await answer(request));
  }

  list(): Promise<StoredRun[]> {
    return answer(this.table("runs").getAll());
  }

  /** Events of a run, as the text of its events.jsonl. */
  async lines(run: string): Promise<string> {
    const batches: { lines: string }[] = await answer(this.table("events").getAll(batchesOf(run)));
    return batches.map(({ lines }) => lines).join("");
  }

  snapshot(run: string): Promise<StoredSnapshot | undefined> {
    return answer(this.table("snapshots").get(run));
  }

  /** Adds runs that have no events yet, in the place of those with the same names. */
  async create(runs: readonly StoredRun[]): Promise<void> {
    await this.write((table) => {
      for (const run of runs) {
        table("runs").put(run);
        table("snapshots").delete(run.id);
        table("events").delete(batchesOf(run.id));
      }
    });
  }

  /** Adds events to a run, all or nothing. False if the run was removed meanwhile, or has got other events. */
  async append({ from, lines, snapshot, facts }: Addition): Promise<boolean> {
    let added = false;
    await this.write((table) => {
      const request: IDBRequest<StoredRun | undefined> = table("runs").get(facts.id);
      request.onsuccess = () => {
        if (request.result?.events !== from) return;
        added = true;
        if (lines !== "") table("events").put({ run: facts.id, from, lines });
        if (snapshot !== undefined) table("snapshots").put({ run: facts.id, ...snapshot });
        table("runs").put(facts);
      };
    });
    return added;
  }

  /** Removes the events after the first `events` of a run, whose batches end there. */
  async cut(facts: StoredRun, events: number): Promise<void> {
    await this.write((table) => {
      table("events").delete(batchesOf(facts.id, events));
      table("runs").put({ ...facts, events });
    });
  }

  async remove(runs: readonly string[]): Promise<void> {
    await this.write((table) => {
      for (const run of runs) {
        table("runs").delete(run);
        table("snapshots").delete(run);
        table("events").delete(batchesOf(run));
      }
    });
  }

  private table(name: (typeof TABLES)[number]): IDBObjectStore {
    return this.db.transaction(name).objectStore(name);
  }

  private write(work: (table: (name: (typeof TABLES)[number]) => IDBObjectStore) => void): Promise<void> {
    const transaction = this.db.transaction(TABLES, "readwrite");
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      // A full disk is found out when the transaction ends.
      transaction.onabort = () => reject(transaction.error ?? new Error("the browser gave up writing"));
      work((name) => transaction.objectStore(name));
    });
  }
}

/** Keys of a run's batches, from one event on. */
const batchesOf = (run: string, from = 0): IDBKeyRange => IDBKeyRange.bound([run, from], [run, Infinity]);

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser gave no reason"));
  });
}
