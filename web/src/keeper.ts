/** Keeper of the runs on the page: it stores what they have done, and makes room. */
import { methodLabel } from "./settings";
import type { SeedQueue, Store, StoredRun, StoredSnapshot, StoredTraining, StoredSearch } from "./store";
import { nameOf, surplus } from "./stored-runs";
import type { Event } from "./types";

/** Facts that the runs of an experiment have in common. */
export interface About {
  experiment: string;
  address: string;
  device: string;
  queue: SeedQueue | undefined;
  files: StoredRun["files"];
}

/** Run as it begins: its kind, its side and its settings. */
export type Beginning = Pick<StoredSearch, "kind" | "side" | "config" | "space"> | Pick<StoredTraining, "kind" | "side" | "config">;

/** Reports to the page. */
export interface KeeperWatcher {
  say(text: string): void;
  /** The store has other runs than before. */
  changed(): void;
}

export class Keeper {
  /** Store, once it is open. */
  store: Store | undefined;
  private about: About | undefined;
  private readonly runs = new Map<string, StoredRun>();
  /** Runs of the present experiment that are not in the store yet. */
  private fresh: StoredRun[] = [];
  private work: Promise<void> = Promise.resolve();
  /** True if nothing can be stored any more. */
  private failed = false;

  constructor(private readonly watcher: KeeperWatcher) {}

  /** Begins with new runs. They are stored with the first events of one of them. */
  begin(about: About, beginnings: readonly Beginning[]): void {
    this.forget();
    this.about = about;
    for (const beginning of beginnings) this.add(beginning);
  }

  /** Adds a run to the present experiment: a training that follows on a search. */
  add(beginning: Beginning): void {
    if (this.about === undefined) return;
    const { queue, ...about } = this.about;
    const now = Date.now();
    const none = { events: 0, eventBytes: 0, snapshotBytes: 0, epochs: 0, ended: false, began: now, changed: now };
    const run: StoredRun = { ...about, ...none, ...beginning, id: `${about.experiment}/${beginning.side}/${beginning.kind}` };
    if (queue !== undefined) run.queue = queue;
    this.runs.set(run.id, run);
    this.fresh.push(run);
  }

  /** Goes on with stored runs. */
  goOn(runs: readonly StoredRun[]): void {
    this.forget();
    const [first] = runs;
    if (first === undefined) return;
    const { experiment, address, device, queue, files } = first;
    this.about = { experiment, address, device, queue, files };
    for (const run of runs) this.runs.set(run.id, run);
  }

  /** Stores no more of the present experiment. What is stored stays. */
  forget(): void {
    this.about = undefined;
    this.runs.clear();
    this.fresh = [];
  }

  /** Stores the events of a run up to its snapshot; `events` are all that it has. */
  save(side: StoredRun["side"], kind: StoredRun["kind"], events: readonly Event[], snapshot: StoredSnapshot | undefined): void {
    const id = `${this.about?.experiment ?? ""}/${side}/${kind}`;
    const before = this.runs.get(id);
    if (before === undefined) return;
    const upTo = events.slice(0, snapshot?.events ?? events.length);
    const lines = upTo.slice(before.events).map((event) => `${JSON.stringify(event)}\n`).join("");
    const facts = factsOf(before, upTo, lines.length, snapshot);
    this.runs.set(id, facts);
    const fresh = this.fresh.splice(0);
    this.work = this.work.then(() => this.write(fresh, { from: before.events, lines, snapshot, facts }));
  }

  /** Stores nothing any more, and says so once. */
  fail(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    const reason = error instanceof Error && error.message !== "" ? error.message : String(error);
    this.watcher.say(`This browser stores no runs now: ${reason.replace(/\.$/, "")}. The page goes on, but a reload forgets what is new.`);
    this.watcher.changed();
  }

  private async write(fresh: readonly StoredRun[], addition: Parameters<Store["append"]>[0]): Promise<void> {
    for (;;) {
      try {
        return await this.attempt(fresh, addition);
      } catch (error) {
        const removed = isFull(error) && (await this.makeRoom(0).catch(() => false));
        if (!removed) return this.fail(error);
      }
    }
  }

  private async attempt(fresh: readonly StoredRun[], addition: Parameters<Store["append"]>[0]): Promise<void> {
    if (this.store === undefined || this.failed) return;
    if (fresh.length > 0) await this.store.create(fresh);
    const { facts } = addition;
    if (!(await this.store.append(addition))) this.lose(facts);
    await this.makeRoom();
    this.watcher.changed();
  }

  /** Stops storing a run that was removed, or that goes on elsewhere. */
  private lose({ id, kind, config }: StoredRun): void {
    if (!this.runs.delete(id)) return;
    const name = kind === "search" ? methodLabel(config.method.name) : "The training";
    this.watcher.say(`${name}, seed ${config.seed}, is kept no longer: it was deleted, or it goes on in another tab.`);
  }

  /** Removes what is too much, and says it. True if something was removed. */
  private async makeRoom(mostBytes?: number): Promise<boolean> {
    const { store } = this;
    if (store === undefined) return false;
    const all = surplus(await store.list(), this.about?.experiment, mostBytes);
    // For a full disk, one at a time.
    const gone = mostBytes === undefined ? all : all.slice(0, 1);
    if (gone.length === 0) return false;
    await store.remove(gone.flatMap(({ runs }) => runs.map(({ id }) => id)));
    this.watcher.say(`Removed from this browser to make room: ${gone.map((one) => `${nameOf(one)}${one.ended ? "" : ", unfinished"}`).join("; ")}.`);
    return true;
  }
}

const isFull = (error: unknown): boolean => error instanceof DOMException && error.name === "QuotaExceededError";

/** Facts of a run after these events. */
function factsOf(before: StoredRun, events: readonly Event[], added: number, snapshot: StoredSnapshot | undefined): StoredRun {
  const facts = {
    changed: Date.now(),
    events: events.length,
    eventBytes: before.eventBytes + added,
    snapshotBytes: snapshot?.bytes.byteLength ?? before.snapshotBytes,
    ended: events.some(({ event }) => event === "end" || event === "training_end"),
  };
  if (before.kind === "search") {
    const epochs = events.filter((event) => event.event === "epoch");
    const last = epochs.at(-1);
    const changes = events.filter(({ event }) => event === "change").length;
    return { ...before, ...facts, epochs: epochs.length, changes, ...(last === undefined ? {} : { last }) };
  }
  const epochs = events.filter((event) => event.event === "training_epoch");
  const last = epochs.at(-1);
  return { ...before, ...facts, epochs: epochs.length, ...(last === undefined ? {} : { accuracy: last.test_accuracy }) };
}
