/** The two sides: their runs, the searches behind them, and what happens when one of them dies. */
import { choose } from "./devices";
import { ask } from "./library";
import type { Device, Files, Until } from "./protocol";
import { add, cutBack, newRun, type Run } from "./run";
import { RemoteSearch, type Origin } from "./search";
import type { Runs } from "./series";
import { SIDES, type SideName } from "./settings";
import type { SearchConfig } from "./types";

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

/** A search that stands still is saved after this time in ms, unless it has gone on. */
const SAVE_AFTER_MS = 500;

interface Side {
  run: Run | undefined;
  search: RemoteSearch | undefined;
  /** The last snapshot. */
  kept: Kept | undefined;
  /** Reason of its death, if it died. */
  dead: string | undefined;
  /** True if it was going on when it died. */
  cutShort: boolean;
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

const empty = (): Side => ({ run: undefined, search: undefined, kept: undefined, dead: undefined, cutShort: false });

export class Experiment {
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

  constructor(private readonly watcher: Watcher) {}

  get runs(): Runs {
    return { left: this.sides.left.run, right: this.sides.right.run };
  }

  get running(): boolean {
    return this.all().some(({ search }) => search?.running === true);
  }

  /** True if there are searches here, as opposed to files that were opened. */
  get live(): boolean {
    return this.all().some(({ search, dead }) => search !== undefined || dead !== undefined);
  }

  get exploring(): boolean {
    return this.all().some(({ run }) => run?.file !== undefined);
  }

  get finished(): boolean {
    return this.live && this.all().every(({ run, dead }) => dead !== undefined || run === undefined || run.ended);
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

  /** Goes on with earlier runs, each from its snapshot. Rejects with a sentence. */
  resume(saved: Partial<Record<SideName, Saved>>, wish: string): Promise<void> {
    const own = SIDES.flatMap((side): [SideName, Saved][] => {
      const { run, kept } = saved[side] ?? {};
      return run === undefined ? [] : [[side, { run: cutBack({ ...run, file: undefined }, kept?.events ?? 0), kept }]];
    });
    return this.goOn(() => Promise.resolve(own), wish);
  }

  private async goOn(saved: () => Promise<[SideName, Saved][]>, wish: string): Promise<void> {
    const round = this.clear();
    this.starting = true;
    this.watcher.update();
    try {
      const all = await saved();
      const { device, note } = await choose(wish);
      if (round !== this.round) return;
      if (note !== undefined) this.watcher.note(note);
      this.where = device;
      for (const [side, one] of all) this.sides[side] = { ...empty(), ...one };
      const unfinished = all.filter(([, { run }]) => !run.ended);
      const made = await Promise.allSettled(unfinished.map(([side, { run, kept }]) => this.make(side, { config: run.config, snapshot: kept?.bytes }, round)));
      const failed = made.find((one) => one.status === "rejected");
      if (round !== this.round) return;
      if (failed !== undefined) {
        this.clear();
        throw failed.reason;
      }
    } finally {
      if (round === this.round) this.starting = false;
      this.watcher.redraw();
    }
  }

  run(until: Until): void {
    this.until = until;
    for (const { search } of this.all()) search?.run(until);
    this.watcher.update();
  }

  pause(): void {
    for (const { search } of this.all()) search?.pause();
  }

  /** Forgets runs and searches, not the files that were given. */
  clear(): number {
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

  private async takeUp(side: SideName, round: number): Promise<void> {
    const { run, kept, cutShort, dead } = this.sides[side];
    if (run === undefined) return;
    const origin: Origin = { config: run.config, snapshot: kept?.bytes };
    const earlier = cutBack(run, kept?.events ?? 0);
    this.sides[side] = { ...empty(), run: earlier, kept };
    this.watcher.redraw();
    try {
      await this.make(side, origin, round);
      if (cutShort) this.sides[side].search?.run("end");
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

  /** Asks the searches that go on for snapshots. */
  saveAll(): void {
    for (const { search } of this.all()) if (search?.running === true) search.snapshot();
  }

  /** Asks for a snapshot of a search that stands still, if it has done something since the last one. */
  private save({ run, kept, search }: Side): void {
    if (search?.running === false && (run?.events.length ?? 0) > (kept?.events ?? 0)) search.snapshot();
  }

  private all(): Side[] {
    return SIDES.map((side) => this.sides[side]);
  }

  private async make(name: SideName, origin: Origin, round: number): Promise<void> {
    const side = this.sides[name];
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
        this.watcher.update();
        setTimeout(() => this.save(side), ended ? 0 : SAVE_AFTER_MS);
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
