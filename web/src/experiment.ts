/** The two sides: their runs, the searches behind them, the trainings that follow, and what happens when a search dies. */
import { choose } from "./devices";
import { ask } from "./library";
import type { Device, Files, Until } from "./protocol";
import { Race, type Entrant } from "./race";
import { add, cutBack, newRun, type Run } from "./run";
import { RemoteSearch, type Origin } from "./search";
import type { Runs } from "./series";
import { SIDES, type SideName } from "./settings";
import { found, trainingConfig } from "./training-config";
import { newTrainingRun } from "./training-run";
import type { Genotype, SearchConfig } from "./types";

/** Snapshot with the number of events before it. */
export interface Kept {
  bytes: Uint8Array;
  events: number;
}

/** Run to go on with, from its snapshot or anew. */
export interface Saved {
  run: Run;
  kept: Kept | undefined;
}

/** Trainings to go on with. */
export type Trainings = Partial<Record<SideName, Entrant>>;

interface Side {
  run: Run | undefined;
  search: RemoteSearch | undefined;
  /** The last snapshot. */
  kept: Kept | undefined;
  /** Reason of its death, if it died. */
  dead: string | undefined;
  /** True if it was going on when it died. */
  cutShort: boolean;
  /** Settled once the last change is answered. */
  changed: Promise<void>;
}

/** Reports to the page. */
export interface Watcher {
  /** An epoch ended, or a run came or went: draw. */
  redraw(): void;
  /** Something small changed: a step, a button. */
  update(): void;
  note(text: string): void;
  /** A side has a new snapshot. */
  kept(side: SideName): void;
  /** A search died: `deaths` has it. */
  died(): void;
}

const empty = (): Side => ({ run: undefined, search: undefined, kept: undefined, dead: undefined, cutShort: false, changed: Promise.resolve() });

/** Beginning of a search that goes on from a snapshot with which the run ends. */
function originOf({ config, events }: Run, kept: Kept | undefined): Origin {
  const last = events.at(-1);
  return { config, snapshot: kept?.bytes, epoch: last?.event === "epoch" ? last.epoch : undefined };
}

export class Experiment {
  /** The trainings of both derived cells. */
  readonly race = new Race();
  /** Epochs of the trainings that follow the searches; 0 for none. */
  epochs = 0;
  files: Files = {};
  starting = false;
  /** End of the run that was last asked for. */
  until: Until = "end";
  /** The name of the device in use; empty before there is one. */
  device = "";
  private where: Device = "cpu";
  private sides: Record<SideName, Side> = { left: empty(), right: empty() };
  /** Counts resets, so that a search that was still being made is not taken for a new one. */
  private round = 0;

  constructor(private readonly watcher: Watcher) {
    this.race.watch({ changed: () => watcher.update() });
  }

  get runs(): Runs {
    return { left: this.sides.left.run, right: this.sides.right.run };
  }

  get running(): boolean {
    return this.race.running || this.all().some(({ search }) => search?.running === true);
  }

  /** True if there are searches here, as opposed to files that were opened. */
  get live(): boolean {
    return this.all().some(({ run }) => run !== undefined && run.file === undefined);
  }

  get exploring(): boolean {
    return this.all().some(({ run }) => run?.file !== undefined);
  }

  get finished(): boolean {
    return this.live && !this.race.paused && this.all().every(({ run, dead }) => dead !== undefined || run === undefined || run.ended);
  }

  /** The searches that can do no more, with the reason. */
  get deaths(): [side: SideName, reason: string][] {
    return SIDES.flatMap((side) => {
      const { dead } = this.sides[side];
      return dead === undefined ? [] : [[side, dead]];
    });
  }

  /** The last snapshot of a side. */
  kept(side: SideName): Kept | undefined {
    return this.sides[side].kept;
  }

  stepping(side: SideName): boolean {
    return this.sides[side].search?.running === true;
  }

  /** The last epoch that all searches which still go on have reached; of finished ones their last. */
  get reached(): number {
    const counts = this.all().flatMap(({ run, dead }) => (run === undefined || dead !== undefined ? [] : [run]));
    const going = counts.filter(({ ended, file }) => !ended && file === undefined);
    const least = Math.min(...going.map(({ epochs }) => epochs.length));
    return going.length > 0 ? least : this.longest;
  }

  get longest(): number {
    return Math.max(0, ...this.all().map(({ run }) => run?.epochs.length ?? 0));
  }

  /** Makes both searches. Rejects with a sentence. */
  begin(configs: Record<SideName, SearchConfig>, wish: string): Promise<void> {
    const saved = async (side: SideName): Promise<[SideName, Saved]> => {
      await ask("check", configs[side]);
      return [side, { run: newRun(configs[side], await ask("space", configs[side])), kept: undefined }];
    };
    return this.goOn(() => Promise.all(SIDES.map(saved)), wish);
  }

  /** Goes on with earlier runs and with the trainings that followed, each from its snapshot. Rejects with a sentence. */
  resume(saved: Partial<Record<SideName, Saved>>, wish: string, trainings: Trainings = {}): Promise<void> {
    const own = SIDES.flatMap((side): [SideName, Saved][] => {
      const { run, kept } = saved[side] ?? {};
      return run === undefined ? [] : [[side, { run: cutBack({ ...run, file: undefined }, kept?.events ?? 0), kept }]];
    });
    return this.goOn(() => Promise.resolve(own), wish, trainings);
  }

  private async goOn(saved: () => Promise<[SideName, Saved][]>, wish: string, trainings: Trainings = {}): Promise<void> {
    const round = this.clear();
    this.starting = true;
    this.watcher.update();
    try {
      const all = await saved();
      const { device, note } = await choose(wish);
      if (round !== this.round) return;
      if (note !== undefined) this.watcher.note(note);
      this.where = device;
      for (const [side, one] of all) {
        this.sides[side] = { ...empty(), ...one };
        this.device = one.run.device;
      }
      const unfinished = all.filter(([, { run }]) => !run.ended);
      const made = await Promise.allSettled(unfinished.map(([side, { run, kept }]) => this.make(side, originOf(run, kept), round)));
      const failed = made.find((one) => one.status === "rejected");
      if (round !== this.round) return;
      if (failed !== undefined) {
        this.clear();
        throw failed.reason;
      }
      this.train(trainings);
    } finally {
      if (round === this.round) this.starting = false;
      this.watcher.redraw();
    }
  }

  run(until: Until): void {
    this.until = until;
    for (const { search } of this.all()) search?.run(until);
    this.race.run(until);
    this.watcher.update();
  }

  pause(): void {
    for (const { search } of this.all()) search?.pause();
    this.race.pause();
  }

  /** Forgets runs and searches, not the files that were given. */
  clear(): number {
    this.race.clear();
    for (const { search } of this.all()) search?.close();
    this.sides = { left: empty(), right: empty() };
    this.device = "";
    this.starting = false;
    this.round += 1;
    this.watcher.redraw();
    return this.round;
  }

  /** Takes up dead searches again, each from its last snapshot if there is one. */
  async restart(): Promise<void> {
    if (this.starting) return;
    const { round } = this;
    // Until they are there again nothing else can be asked of them.
    this.starting = true;
    const made = await Promise.allSettled(this.deaths.map(([side]) => this.takeUp(side, round)));
    if (round !== this.round) return;
    this.starting = false;
    this.watcher.redraw();
    const failed = made.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Sides whose search has begun and goes on. */
  get changeable(): SideName[] {
    return SIDES.filter((side) => {
      const { search, run } = this.sides[side];
      return search !== undefined && run !== undefined && run.events.length > 0 && !run.ended;
    });
  }

  /** Number of epochs of each side at whose ends a branch could begin. */
  get branchable(): Record<SideName, number> {
    const count = (side: SideName): number => (this.sides[side].search === undefined ? 0 : (this.sides[side].run?.epochs.length ?? 0));
    return { left: count("left"), right: count("right") };
  }

  /** Changes settings of a side's search, after the changes before it. Rejects with the reason if they cannot change. */
  change(name: SideName, edit: (config: SearchConfig) => SearchConfig): Promise<void> {
    const side = this.sides[name];
    const made = side.changed.then(async () => {
      const { run, search } = side;
      if (run === undefined || search === undefined) throw new Error("there is no search to change");
      const next = edit(structuredClone(run.config));
      if (JSON.stringify(next) !== JSON.stringify(run.config)) await search.change(next);
    });
    side.changed = made.catch(() => undefined);
    return made;
  }

  /**
   * Continues a side's run on the other side, with changed settings, from its newest snapshot at or before an epoch. The
   * run that was there goes only once the new one is made. Returns the epoch of the snapshot; rejects with the reason.
   */
  async branch(from: SideName, epoch: number, edit: (config: SearchConfig) => SearchConfig): Promise<number> {
    const { run, search } = this.sides[from];
    if (this.starting || run === undefined || search === undefined) throw new Error(`there is no search on the ${from}`);
    const { round } = this;
    const to: SideName = from === "left" ? "right" : "left";
    this.starting = true;
    this.watcher.update();
    try {
      const kept = await search.recall(epoch);
      if (kept === undefined) throw new Error(`no snapshot of epoch ${epoch} or an earlier one is kept`);
      const events = run.events.findIndex((event) => event.event === "epoch" && event.epoch === kept.epoch) + 1;
      const earlier = cutBack(run, events);
      earlier.past = kept.epoch;
      const made: Side = { ...empty(), run: earlier, kept: { bytes: kept.bytes, events } };
      await this.make(to, originOf(earlier, made.kept), round, made);
      const next = edit(structuredClone(earlier.config));
      try {
        if (JSON.stringify(next) !== JSON.stringify(earlier.config)) await made.search?.change(next);
      } catch (error) {
        made.search?.close();
        throw error;
      }
      if (round !== this.round) {
        made.search?.close();
        throw new Error("the searches were reset meanwhile");
      }
      this.sides[to].search?.close();
      this.sides[to] = made;
      this.race.clear();
      // It goes on beside the other one; a search that has ended is not waited for.
      if (search.running || run.ended) made.search?.run("end");
      return kept.epoch;
    } finally {
      if (round === this.round) this.starting = false;
      this.watcher.redraw();
    }
  }

  private async takeUp(side: SideName, round: number): Promise<void> {
    const { run, kept, cutShort, dead } = this.sides[side];
    if (run === undefined) return;
    const earlier = cutBack(run, kept?.events ?? 0);
    this.sides[side] = { ...empty(), run: earlier, kept };
    this.watcher.redraw();
    try {
      await this.make(side, originOf(earlier, kept), round);
      if (cutShort && round === this.round) this.sides[side].search?.run("end");
    } catch (error) {
      if (round === this.round) this.sides[side].dead = dead;
      throw error;
    }
  }

  /** Shows a run that was made elsewhere, on its own side or on another one. */
  open(run: Run, wanted?: SideName, kept?: Kept): SideName {
    if (this.live) this.clear();
    const own: SideName = run.config.method.name === "darts" ? "left" : "right";
    const other: SideName = own === "left" ? "right" : "left";
    const side = wanted ?? (this.sides[own].run !== undefined && this.sides[other].run === undefined ? other : own);
    this.sides[side] = { ...empty(), run, kept };
    this.device = run.device;
    this.watcher.redraw();
    return side;
  }

  /** Asks the searches and trainings that go on for snapshots. */
  saveAll(): void {
    for (const { search } of this.all()) if (search?.running === true) search.snapshot();
    this.race.saveAll();
  }

  /** Probabilities of all classes by the trained network of a side, image by image. Rejects before it is trained. */
  predict(side: SideName, pixels: Uint8Array, channels: number, height: number, width: number): Promise<Float32Array> {
    return this.race.predict(side, { pixels, channels, height, width });
  }

  /** Trains both derived cells, once both searches have ended, or goes on with it. */
  private train(earlier: Trainings = {}): void {
    const { left, right } = this.runs;
    const [one, other] = [left, right].map((run) => run && found(run));
    const { epochs } = this;
    if (epochs === 0 || left === undefined || right === undefined || one === undefined || other === undefined) return;
    const fresh = async (run: Run, genotype: Genotype): Promise<Entrant> => ({ run: newTrainingRun(await trainingConfig(run, genotype, epochs)), kept: undefined });
    const entrants = Promise.all([earlier.left ?? fresh(left, one), earlier.right ?? fresh(right, other)]).then(([left, right]) => ({ left, right }));
    const files: Files = left.config.data.set === "cifar10" ? { batches: this.files.batches } : {};
    void this.race.begin(entrants, this.where, files);
  }

  private all(): Side[] {
    return SIDES.map((side) => this.sides[side]);
  }

  private async make(name: SideName, origin: Origin, round: number, side = this.sides[name]): Promise<void> {
    // The table is of one space; a batch belongs to searches on CIFAR-10.
    const { space, data } = side.run?.config ?? { space: "", data: undefined };
    const files: Files = {
      batches: data?.set === "cifar10" ? this.files.batches : undefined,
      table: space === "nas-bench-201" ? this.files.table : undefined,
    };
    const search = await RemoteSearch.make(origin, this.where, files, {
      event: (event) => {
        if (side.run === undefined) return;
        add(side.run, event);
        if (event.event === "step") this.watcher.update();
        else this.watcher.redraw();
      },
      snapshot: (bytes) => {
        side.kept = { bytes, events: side.run?.events.length ?? 0 };
        this.watcher.kept(name);
      },
      stopped: (ended) => {
        if (ended) this.train();
        this.watcher.update();
        side.search?.saveSoon(() => (side.run?.events.length ?? 0) > (side.kept?.events ?? 0));
      },
      dead: (reason, running) => {
        side.search = undefined;
        side.dead = reason;
        side.cutShort = running;
        this.watcher.died();
        this.watcher.redraw();
      },
    });
    if (round !== this.round) {
      search.close();
      return;
    }
    side.search = search;
    this.device = search.device;
  }
}
