/** A training in the page as a list of events, like the run of a search. */
import type { TrainedEpoch } from "./training";
import type { Event, TrainingConfig, TrainingStepEvent } from "./types";

export interface TrainingRun {
  config: TrainingConfig;
  readonly events: Event[];
  readonly epochs: TrainedEpoch[];
  /** Steps in an epoch, once it has begun. */
  steps: number;
  device: string;
  last?: TrainingStepEvent;
  /** Share of the test images that the trained network classifies correctly, once the training has ended. */
  accuracy?: number;
  ended: boolean;
}

/** A training with some events, or without any. */
export function newTrainingRun(config: TrainingConfig, events: readonly Event[] = []): TrainingRun {
  const run: TrainingRun = { config, events: [], epochs: [], steps: 0, device: "", ended: false };
  for (const event of events) addTo(run, event);
  return run;
}

export function addTo(run: TrainingRun, event: Event): void {
  // A training that goes on may say again what it is.
  if (event.event === "training_start" && run.events.length > 0) return;
  run.events.push(event);
  switch (event.event) {
    case "training_start":
      run.steps = event.steps;
      run.device = event.device;
      break;
    case "training_step":
      run.last = event;
      break;
    case "training_epoch":
      run.epochs.push(event);
      break;
    case "training_end":
      run.accuracy = event.test_accuracy;
      run.ended = true;
      break;
  }
}

/** Test accuracy as far as the training has come: that of the newest epoch, or of the end. */
export const accuracyOf = ({ accuracy, epochs }: TrainingRun): number | undefined => accuracy ?? epochs.at(-1)?.test_accuracy;
