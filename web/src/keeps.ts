/** What keeps runs: they are stored, offered after a reload, listed, taken away and brought back, and repeated for more seeds. */
import "./styles/keeps.css";
import type { Experiment, Saved } from "./experiment";
import { saveBytes } from "./export";
import { soon } from "./frames";
import { drawGroups } from "./group-table";
import { groupsOf } from "./groups";
import { mountHidden } from "./hidden";
import { Keeper, type About } from "./keeper";
import { KeptTrainings, loadTrainings } from "./kept-trainings";
import { ask } from "./library";
import { Message, type Action } from "./message";
import { find, reason } from "./page";
import { Queue, withSeed, type Configs } from "./queue";
import { cutBack, newRun, toLines, type Run } from "./run";
import { sortFiles } from "./run-files";
import { labelOf, secondsOf } from "./run-words";
import { dateOf, runsTable, type Row } from "./runs-table";
import { seedsOf } from "./seeds";
import type { Runs } from "./series";
import { methodLabel, SIDES, type Settings, type SideName } from "./settings";
import { Store, type StoredRun, type StoredSearch } from "./store";
import { describe, experimentsOf } from "./stored-runs";
import type { EpochEvent, SearchConfig } from "./types";
import type { Series } from "./views/curves";

/** The page around. */
export interface Host {
  experiment: Experiment;
  message: Message;
  /** Wish for a device, of the present settings. */
  device(): string;
  /** Makes the settings of an address the present ones. */
  settle(query: string): Promise<void>;
  /** Shows runs that came from elsewhere at their newest epoch. */
  show(): void;
  /** Draws again what is shown. */
  redraw(): void;
}

/** Outcome of files that a visitor brings. */
export interface Taken {
  rest: File[];
  told: string[];
  faults: string[];
  /** Offer to go on with them. */
  action: Action | undefined;
}


export class Keeps {
  private readonly keeper: Keeper;
  private readonly offer = new Message(find("#offer"));
  private readonly table: (rows: readonly Row[]) => void;
  private readonly side = find<HTMLSelectElement>('[data-testid="download-side"]');
  private readonly trainings: KeptTrainings;
  private queue: Queue | undefined;
  /** Reason why nothing can be stored, before a run was there to store. */
  private refused: unknown;

  constructor(private readonly host: Host) {
    this.keeper = new Keeper({ say: (text) => host.message.say(text), changed: () => this.list() });
    this.table = runsTable(find<HTMLTableElement>('[data-testid="runs"]'), {
      open: (run, side) => this.orSay(this.open(run, side)),
      goOn: ({ experiment }) => this.orSay(this.goOn(experiment)),
      download: (run) => this.orSay(this.downloadStored(run)),
      remove: (run) => this.orSay(this.remove(run)),
    });
    find('[data-testid="download-run"]').addEventListener("click", () => this.orSay(this.downloadShown()));
    this.side.addEventListener("change", () => this.changed());
    this.trainings = new KeptTrainings(host.experiment.race, this.keeper);
    // The next seed may begin once they are stored.
    host.experiment.race.watch({ kept: () => this.changed() });
    mountHidden(find<HTMLInputElement>('[data-testid="pause-hidden"]'), host.experiment);
    void this.start();
  }

  /** Begins the searches of both sides, for the first seed of those that are wanted. Rejects with a sentence. */
  async begin(configs: Configs, { seeds, seed, device }: Settings): Promise<void> {
    const all = seedsOf(seeds, seed) ?? [seed];
    this.queue = all.length > 1 ? new Queue({ id: newId(), seeds: all }, configs, device) : undefined;
    try {
      await this.launch(withSeed(configs, all[0] ?? seed), device);
    } catch (error) {
      this.queue = undefined;
      throw error;
    }
  }

  /** Forgets what is on the page, not what is stored. */
  reset(): void {
    this.queue = undefined;
    this.keeper.forget();
  }

  /** Stores what a side has done up to its new snapshot. */
  save(side: SideName): void {
    const { experiment } = this.host;
    const run = experiment.runs[side];
    if (run !== undefined) this.keeper.save(side, "search", run.events, experiment.kept(side));
    this.changed();
  }

  /** Stores the runs on the page as an experiment of their own, since one has come in the place of another. */
  branched(): void {
    this.queue = undefined;
    this.keep(this.host.device());
    for (const side of SIDES) this.save(side);
  }

  /** Takes notice that something about the searches has changed. */
  changed(): void {
    this.advance();
    soon(this.draw);
  }

  /** Series for the curves, with the means of the seeds that have finished. */
  series(runs: Runs): Series<EpochEvent>[] | undefined {
    return this.queue?.series(runs);
  }

  /** Opens those files that are runs to go on with. */
  async take(files: readonly File[]): Promise<Taken> {
    const { runs, rest } = sortFiles(files);
    const told: string[] = [];
    const faults: string[] = [];
    for (const { name, read } of runs) {
      try {
        const { run, kept } = await read();
        this.reset();
        const side = this.host.experiment.open(run, undefined, kept);
        this.host.show();
        told.push(`${name} is on the ${side}: ${labelOf(run)}, ${run.epochs.length} of ${run.config.epochs} epochs on ${run.device}.`);
      } catch (error) {
        faults.push(reason(error));
      }
    }
    const open = Object.keys(this.brought()).length > 0 && told.length > 0;
    return { rest, told, faults, action: open ? { label: "Continue here", run: () => this.orSay(this.continueHere()) } : undefined };
  }

  private orSay(work: Promise<void>): void {
    work.catch((error) => this.host.message.say(reason(error), "fault"));
  }

  private async start(): Promise<void> {
    try {
      this.keeper.store = await Store.open();
      this.list();
      const stored = experimentsOf(await this.keeper.store.list());
      const unfinished = stored.find(({ ended }) => !ended);
      const newest = unfinished ?? stored.find(({ raced }) => raced);
      const busy = this.host.experiment.live || this.host.experiment.starting;
      if (newest !== undefined && !busy) {
        this.offer.say(`Kept in this browser: ${describe(newest, Date.now())}.`, "note", {
          ...(newest === unfinished ? { label: "Continue", testid: "continue" } : { label: "Show again", testid: "show-again" }),
          run: () => this.orSay(this.goOn(newest.id)),
        });
      }
    } catch (error) {
      this.refused = error;
      this.list();
    }
  }

  /* The searches */

  private async launch(configs: Configs, device: string): Promise<void> {
    const { experiment } = this.host;
    await experiment.begin(configs, device);
    this.keep(device);
  }

  /** Begins to store the runs on the page. */
  private keep(device: string): void {
    const { experiment } = this.host;
    // A reset may have come in between.
    if (!experiment.live) return;
    if (this.refused !== undefined) this.keeper.fail(this.refused);
    const about: About = { experiment: newId(), address: location.search, device, queue: this.queue?.about, files: filesOf(experiment) };
    const runs = SIDES.flatMap((side) => (experiment.runs[side] === undefined ? [] : [{ side, run: experiment.runs[side] }]));
    this.keeper.begin(
      about,
      runs.map(({ side, run }) => ({ kind: "search", side, config: run.config, space: run.space })),
    );
  }

  /** Begins with the next seed once both searches have ended and are stored. */
  private advance(): void {
    const { experiment } = this.host;
    const { queue } = this;
    if (queue === undefined || experiment.running || experiment.starting || !experiment.finished || experiment.deaths.length > 0) return;
    const { runs } = experiment;
    if (experiment.race.unsaved || SIDES.some((side) => (runs[side]?.events.length ?? 0) > (experiment.kept(side)?.events ?? 0))) return;
    if (!queue.take(runs)) return;
    this.host.redraw();
    const { next } = queue;
    if (next === undefined) return;
    const goOn = async (): Promise<void> => {
      await this.launch(withSeed(queue.configs, next), queue.device);
      if (this.queue === queue && experiment.live) experiment.run("end");
    };
    goOn().catch((error) => {
      this.queue = undefined;
      this.host.message.say(`The search of seed ${next} could not begin: ${reason(error)}`, "fault");
    });
  }

  /** Goes on with the stored runs of an experiment, or shows them again if they have all ended. */
  private async goOn(id: string): Promise<void> {
    const { experiment } = this.host;
    const { store } = this.keeper;
    if (store === undefined || experiment.starting) return;
    const all = await store.list();
    const own = experimentsOf(all).find((one) => one.id === id);
    const searches = Object.values(own?.searches ?? {});
    const [first] = searches;
    if (own === undefined || first === undefined) throw new Error("This run is not in this browser any more.");
    checkFiles(first.config, first.files, experiment);
    const saved: Partial<Record<SideName, Saved>> = {};
    for (const run of searches) saved[run.side] = await load(store, run);
    const trainings = await loadTrainings(store, own);
    const queue = own.ended ? undefined : await this.queueOf(searches, all, store);
    await this.host.settle(first.address);
    this.reset();
    const cut = own.runs.map((run) => ({ ...run, events: (run.kind === "search" ? saved : trainings)[run.side]?.kept?.events ?? 0 }));
    for (const run of cut) await store.cut(run, run.events);
    this.keeper.goOn(cut);
    this.trainings.goOn(trainings);
    await experiment.resume(saved, first.device, trainings);
    if (!experiment.live) return;
    this.queue = queue;
    this.host.show();
    experiment.run("end");
  }

  /** Queue that some runs belong to, with its seeds that have finished. */
  private async queueOf(searches: readonly StoredSearch[], all: readonly StoredRun[], store: Store): Promise<Queue | undefined> {
    const [left, right] = SIDES.map((side) => searches.find((run) => run.side === side));
    if (left?.queue === undefined || right === undefined) return undefined;
    const queue = new Queue(left.queue, { left: left.config, right: right.config }, left.device);
    const others = experimentsOf(all.filter((run) => run.queue?.id === queue.about.id && run.experiment !== left.experiment));
    for (const { ended, searches: { left, right } } of others.reverse()) {
      if (!ended || left === undefined || right === undefined) continue;
      const [first, second] = [await load(store, left, isNoStep), await load(store, right, isNoStep)];
      queue.take({ left: first.run, right: second.run });
    }
    return queue;
  }

  /** Runs on the page that were brought with a checkpoint and have not ended. */
  private brought(): Partial<Record<SideName, Saved>> {
    const { experiment } = this.host;
    const found = SIDES.flatMap((side): [SideName, Saved][] => {
      const [run, kept] = [experiment.runs[side], experiment.kept(side)];
      return run?.file === undefined || run.ended || kept === undefined ? [] : [[side, { run, kept }]];
    });
    return Object.fromEntries(found);
  }

  private async continueHere(): Promise<void> {
    const { experiment } = this.host;
    const brought = this.brought();
    for (const side of SIDES) if (brought[side] !== undefined) checkFiles(brought[side].run.config, [], experiment);
    await experiment.resume(brought, this.host.device());
    this.keep(this.host.device());
    this.host.show();
    experiment.run("end");
  }

  /* The stored runs */

  private list(): void {
    soon(this.drawStored);
  }

  private readonly drawStored = (): void => this.orSay(this.showStored());

  private async showStored(): Promise<void> {
    const stored = (await this.keeper.store?.list()) ?? [];
    const rows = experimentsOf(stored).flatMap((experiment) =>
      Object.values(experiment.searches).map((search): Row => ({ search, training: experiment.trainings[search.side], experiment })),
    );
    this.table(rows);
    find("#kept .table").hidden = rows.length === 0;
    const none = find("#kept .none");
    none.hidden = rows.length > 0;
    none.textContent = this.keeper.store === undefined ? "This browser keeps none for this page." : "There is none yet. The first appears after its first epoch.";
    const finished = rows.flatMap(({ search: { config, space, last, ended, changes = 0 } }): Run[] => (ended && changes === 0 && last !== undefined ? [{ ...newRun(config, space), epochs: [last], ended }] : []));
    const groups = groupsOf(finished).filter(({ seeds }) => seeds.length > 1);
    find("#kept-means").hidden = groups.length === 0;
    drawGroups(find<HTMLTableElement>('[data-testid="runs-means"]'), groups, 0);
  }

  private async open(run: StoredSearch, side: SideName): Promise<void> {
    const { store } = this.keeper;
    if (store === undefined) return;
    const saved = await load(store, run);
    this.reset();
    this.host.experiment.open({ ...saved.run, file: `Kept ${dateOf(run.began)}` }, side, saved.kept);
    this.host.show();
    this.host.message.say(`${labelOf(saved.run)}, is on the ${side}. Reset returns to searching here.`);
  }

  private async remove(run: StoredSearch): Promise<void> {
    const { store } = this.keeper;
    if (store === undefined) return;
    const all = (await store.list()).filter(({ experiment, side }) => experiment === run.experiment && side === run.side);
    const copies = await Promise.all(
      all.map(async (facts) => ({ from: 0, facts, lines: await store.lines(facts.id), snapshot: await store.snapshot(facts.id) })),
    );
    const undo = async (): Promise<void> => {
      await store.create(all.map((facts) => ({ ...facts, events: 0 })));
      for (const copy of copies) await store.append(copy);
      this.list();
    };
    await store.remove(all.map(({ id }) => id));
    this.list();
    // The button that was pressed goes with its row.
    find("#kept .table").focus();
    this.host.message.say(`Deleted from this browser: ${nameOf(run)}.`, "note", { label: "Undo", run: () => this.orSay(undo()) });
  }

  private async downloadStored(run: StoredSearch): Promise<void> {
    const { store } = this.keeper;
    if (store === undefined) return;
    const [events, snapshot] = [await store.lines(run.id), await store.snapshot(run.id)];
    if (snapshot !== undefined) await pack(run.config, events, snapshot.bytes, run.began);
  }

  private async downloadShown(): Promise<void> {
    const { experiment } = this.host;
    const side = this.side.value as SideName;
    const [run, kept] = [experiment.runs[side], experiment.kept(side)];
    if (run === undefined || kept === undefined) return;
    const events = toLines(cutBack(run, kept.events));
    await pack(run.config, events, kept.bytes, Date.now() - 1000 * secondsOf(run));
  }

  private readonly draw = (): void => {
    const { experiment } = this.host;
    if (experiment.live || experiment.exploring || experiment.starting) this.offer.clear();
    const { runs } = experiment;
    for (const option of this.side.options) {
      const run = runs[option.value as SideName];
      option.text = run === undefined ? option.value : `${option.value}: ${methodLabel(run.config.method.name)}`;
    }
    const side = this.side.value as SideName;
    find<HTMLButtonElement>('[data-testid="download-run"]').disabled = runs[side] === undefined || experiment.kept(side) === undefined;
    const progress = this.queue?.progress ?? "";
    const line = find('[data-testid="queue"]');
    if (line.textContent !== progress) line.textContent = progress;
    line.hidden = progress === "";
    const means = this.queue === undefined ? 0 : this.queue.finished.length;
    find("#means-note").textContent = means === 0 ? "" : ` Thin lines: ${means === 1 ? "the seed that has" : `the mean ± standard deviation of the ${means} seeds that have`} finished.`;
  };
}

const newId = (): string => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;

const nameOf = ({ config }: StoredSearch): string => `${methodLabel(config.method.name)}, seed ${config.seed}`;

const isNoStep = (line: string): boolean => !line.includes('"event":"step"');

/** Reads a stored run, or those of its events that are wanted. */
async function load(store: Store, stored: StoredSearch, wanted?: (line: string) => boolean): Promise<Saved> {
  const [text, snapshot] = [await store.lines(stored.id), await store.snapshot(stored.id)];
  const lines = wanted === undefined ? text : text.split("\n").filter(wanted).join("\n");
  const name = `the kept run ${nameOf(stored)}`;
  // The reader is fetched when there is something to read.
  const run = lines === "" ? newRun(stored.config, stored.space) : await (await import("./read-run")).readEvents(lines, name, (config) => ask("space", config));
  return { run, kept: snapshot === undefined ? undefined : { bytes: snapshot.bytes, events: snapshot.events } };
}

/** Files of the visitor that the searches on the page read. */
function filesOf({ runs, files }: Experiment): StoredRun["files"] {
  const configs = SIDES.flatMap((side) => runs[side]?.config ?? []);
  const batches = configs.some(({ data }) => data.set === "cifar10");
  const table = files.table !== undefined && configs.some(({ space }) => space === "nas-bench-201");
  return [...(batches ? (["batches"] as const) : []), ...(table ? (["table"] as const) : [])];
}

/** Throws a sentence where a file of the visitor is missing. */
function checkFiles(config: SearchConfig, needed: StoredRun["files"], { files }: Experiment): void {
  if (config.data.set === "cifar10" && files.batches === undefined) {
    throw new Error("This run searches on a batch of CIFAR-10. Drop the same file on the page, then go on.");
  }
  if (needed.includes("table") && files.table === undefined) {
    throw new Error("This run looks its cells up in a table that was dropped on the page. Drop the same file, then go on.");
  }
}

/** Gives a run to the visitor as .zip. */
async function pack(config: SearchConfig, events: string, snapshot: Uint8Array, began: number): Promise<void> {
  const date = `${new Date(began).toISOString().slice(0, 19)}Z`;
  const environment = `${JSON.stringify({ date, seed: config.seed, command: [] }, null, 2)}\n`;
  const bytes = await ask("pack", { events, snapshot, environment });
  saveBytes(`${config.method.name}-seed-${config.seed}.zip`, bytes, "application/zip");
}
