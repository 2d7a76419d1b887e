/** Trainings of a race in the browser's database: stored as they go on, and read again. */
import type { Trainings } from "./experiment";
import type { Keeper } from "./keeper";
import type { Race } from "./race";
import { SIDES, type SideName } from "./settings";
import type { Store } from "./store";
import type { StoredExperiment } from "./stored-runs";
import { newTrainingRun, type TrainingRun } from "./training-run";
import type { Event } from "./types";

export class KeptTrainings {
  /** The trainings that the keeper knows. */
  private known: Partial<Record<SideName, TrainingRun>> = {};

  constructor(
    private readonly race: Race,
    private readonly keeper: Keeper,
  ) {
    race.watch({ changed: (step) => step || this.meet(), kept: (side) => this.save(side) });
  }

  /** Takes notice of trainings that are stored already and go on. */
  goOn(trainings: Trainings): void {
    this.known = { left: trainings.left?.run, right: trainings.right?.run };
  }

  /** Stores that there is a training before it has a snapshot, so that a reload does not forget it. */
  private meet(): void {
    for (const side of SIDES) {
      const run = this.race.runs[side];
      if (run === undefined || this.known[side] === run) continue;
      this.keeper.add({ kind: "training", side, config: run.config });
      this.known[side] = run;
      this.save(side);
    }
  }

  /** Stores what a training has done up to its snapshot. */
  private save(side: SideName): void {
    const run = this.race.runs[side];
    if (run !== undefined) this.keeper.save(side, "training", run.events, this.race.kept(side));
  }
}

/** Reads the trainings of an experiment, each up to its snapshot. */
export async function loadTrainings(store: Store, { trainings }: StoredExperiment): Promise<Trainings> {
  const found: Trainings = {};
  for (const { id, side, config } of Object.values(trainings)) {
    const [text, snapshot] = [await store.lines(id), await store.snapshot(id)];
    const kept = snapshot && { bytes: snapshot.bytes, events: snapshot.events };
    const events = text.split("\n", kept?.events ?? 0).map((line) => JSON.parse(line) as Event);
    found[side] = { run: newTrainingRun(config, events), kept };
  }
  return found;
}
