/** The trainings of both derived cells, side by side, and what happens when one of them dies. */
import { reason } from "./page";
import type { Device, Files, Pictures, Until } from "./protocol";
import { RemoteTraining } from "./remote-training";
import { SIDES, type SideName } from "./settings";
import { addTo, newTrainingRun, type TrainingRun } from "./training-run";

/** Training that is to begin, or to go on from its last snapshot. */
export interface Entrant {
  run: TrainingRun;
  /** The last snapshot, with the number of events before it. */
  kept: { bytes: Uint8Array; events: number } | undefined;
}

interface Trainee extends Entrant {
  training: RemoteTraining | undefined;
  /** Reason of its death, if it died. */
  dead: string | undefined;
  /** The classes that its network tells apart, once it is trained. */
  classes: readonly string[] | undefined;
}

/** Listener to both trainings. */
export interface RaceWatcher {
  /** Something changed; `step` if it is only a step. */
  changed?(step: boolean): void;
  /** A training has a new snapshot. */
  kept?(side: SideName): void;
  /** Both networks are trained. */
  trained?(): void;
  /** A training cannot go on, or did not begin. */
  failed?(reason: string): void;
}

export class Race {
  /** True while the trainings are being made. */
  starting = false;
  private readonly watchers: RaceWatcher[] = [];
  private trainees: Partial<Record<SideName, Trainee>> = {};
  private where: Device = "cpu";
  private files: Files = {};
  /** True if the trainings are to go on as soon as they are made. */
  private wanted = true;
  /** Counts beginnings, so that a training that was still being made is not taken for a new one. */
  private round = 0;

  watch(watcher: RaceWatcher): void {
    this.watchers.push(watcher);
  }

  get runs(): Record<SideName, TrainingRun | undefined> {
    return { left: this.trainees.left?.run, right: this.trainees.right?.run };
  }

  get running(): boolean {
    return (this.starting && this.wanted) || this.all().some(({ training }) => training?.running === true);
  }

  /** True if there is something left to train, and nothing is training. */
  get paused(): boolean {
    return !this.running && (this.starting || this.all().some(({ classes, dead }) => classes === undefined && dead === undefined));
  }

  /** True if both networks can be asked. */
  get trained(): boolean {
    return this.all().length === SIDES.length && this.all().every(({ classes }) => classes !== undefined);
  }

  /** Names of the classes, once a network is trained. */
  get classes(): readonly string[] {
    return this.all().find(({ classes }) => classes !== undefined)?.classes ?? [];
  }

  /** The trainings that can do no more, with the reason. */
  get deaths(): [side: SideName, reason: string][] {
    return SIDES.flatMap((side) => {
      const dead = this.trainees[side]?.dead;
      return dead === undefined ? [] : [[side, dead]];
    });
  }

  /** The last snapshot of a side. */
  kept(side: SideName): Entrant["kept"] {
    return this.trainees[side]?.kept;
  }

  /** True if a training that lives has done something since its last snapshot. */
  get unsaved(): boolean {
    return this.all().some((trainee) => trainee.dead === undefined && isUnsaved(trainee));
  }

  /** Asks the trainings that go on for snapshots. */
  saveAll(): void {
    for (const { training } of this.all()) if (training?.running === true) training.snapshot();
  }

  /** Says that both trainings are about to come, makes them and lets them go. */
  async begin(entrants: Promise<Record<SideName, Entrant>>, device: Device, files: Files): Promise<void> {
    const round = this.clear();
    this.starting = true;
    this.wanted = true;
    this.tell((watcher) => watcher.changed?.(false));
    try {
      const both = await entrants;
      if (round !== this.round) return;
      await this.enter(both, device, files);
    } catch (error) {
      if (round !== this.round) return;
      this.clear();
      this.tell((watcher) => watcher.failed?.(reason(error)));
    }
  }

  /** Takes up trainings where they are. Rejects with the reason if one of them cannot be made. */
  private async enter(entrants: Record<SideName, Entrant>, device: Device, files: Files): Promise<void> {
    const { round } = this;
    this.starting = true;
    this.where = device;
    this.files = files;
    for (const side of SIDES) this.trainees[side] = { ...entrants[side], training: undefined, dead: undefined, classes: undefined };
    const made = await Promise.allSettled(SIDES.map((side) => this.make(side, round)));
    if (round !== this.round) return;
    this.starting = false;
    const failed = made.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    if (this.wanted) this.run("end");
    else this.tell((watcher) => watcher.changed?.(false));
  }

  /** Takes up dead trainings again, each from its last snapshot if there is one, and lets both go on. Rejects with the reason. */
  async restart(): Promise<void> {
    const { round } = this;
    const made = await Promise.allSettled(this.deaths.map(([side]) => this.takeUp(side, round)));
    if (round !== this.round) return;
    this.run("end");
    const failed = made.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  run(until: Until): void {
    this.wanted = true;
    for (const { training } of this.all()) training?.run(until);
    this.tell((watcher) => watcher.changed?.(false));
  }

  pause(): void {
    this.wanted = false;
    for (const { training } of this.all()) training?.pause();
    this.tell((watcher) => watcher.changed?.(false));
  }

  /** Forgets both trainings. */
  clear(): number {
    for (const { training } of this.all()) training?.close();
    this.trainees = {};
    this.starting = false;
    this.round += 1;
    this.tell((watcher) => watcher.changed?.(false));
    return this.round;
  }

  /** Probabilities of all classes, image by image. Rejects if the network of this side is not trained. */
  async predict(side: SideName, images: Pictures): Promise<Float32Array> {
    const { training } = this.trainees[side] ?? {};
    if (training === undefined) throw new Error(`the ${side} network is not trained yet`);
    return training.predict(images);
  }

  private all(): Trainee[] {
    return SIDES.flatMap((side) => this.trainees[side] ?? []);
  }

  private tell(what: (watcher: RaceWatcher) => void): void {
    for (const watcher of this.watchers) what(watcher);
  }

  private async takeUp(side: SideName, round: number): Promise<void> {
    const { run, kept, dead } = this.trainees[side] as Trainee;
    const earlier = newTrainingRun(run.config, run.events.slice(0, kept?.events ?? 0));
    const again: Trainee = { run: earlier, kept, training: undefined, dead: undefined, classes: undefined };
    this.trainees[side] = again;
    try {
      await this.make(side, round);
    } catch (error) {
      again.dead = dead;
      throw error;
    }
  }

  private async make(side: SideName, round: number): Promise<void> {
    const trainee = this.trainees[side];
    if (trainee === undefined) return;
    const { run, kept } = trainee;
    const training = await RemoteTraining.make({ config: run.config, snapshot: kept?.bytes }, this.where, this.files, {
      event: (event) => {
        addTo(run, event);
        this.tell((watcher) => watcher.changed?.(event.event === "training_step"));
      },
      snapshot: (bytes) => {
        trainee.kept = { bytes, events: run.events.length };
        this.tell((watcher) => watcher.kept?.(side));
      },
      stopped: () => {
        this.tell((watcher) => watcher.changed?.(false));
        trainee.training?.saveSoon(() => isUnsaved(trainee));
      },
      trained: (classes) => {
        trainee.classes = classes;
        if (this.trained) this.tell((watcher) => watcher.trained?.());
      },
      dead: (reason) => {
        trainee.training = undefined;
        trainee.dead = reason;
        this.tell((watcher) => watcher.failed?.(reason));
      },
    });
    if (round === this.round) trainee.training = training;
    else training.close();
  }
}

const isUnsaved = ({ run, kept }: Entrant): boolean => run.events.length > (kept?.events ?? 0);
