/** A run is a list of events and the space it searches. Everything drawn comes from one. */
import type { EpochEvent, Event, SearchConfig, Space, StepEvent } from "./types";

/** An epoch with the clock of its event. */
export type EndedEpoch = EpochEvent & Pick<Event, "seconds">;

export interface Run {
  config: SearchConfig;
  readonly space: Space;
  /** A file's name, where the run was not made here. */
  readonly file?: string | undefined;
  readonly events: Event[];
  readonly epochs: EndedEpoch[];
  /** Steps in an epoch, once it has begun. */
  steps: number;
  device: string;
  last?: StepEvent;
  ended: boolean;
}

export function newRun(config: SearchConfig, space: Space, file?: string): Run {
  const run: Run = { config, space, events: [], epochs: [], steps: 0, device: "", ended: false };
  return file === undefined ? run : { ...run, file };
}

export function add(run: Run, event: Event): void {
  // A search that goes on may say again what it is, and a longer one says its new settings.
  if (event.event === "start" && run.events.length > 0) {
    run.config = event.config;
    run.events[0] = event;
    return;
  }
  run.events.push(event);
  switch (event.event) {
    case "start":
      run.steps = event.steps;
      run.device = event.device;
      break;
    case "step":
      run.last = event;
      break;
    case "epoch":
      run.epochs.push(event);
      break;
    case "end":
      run.ended = true;
      break;
  }
}

/** The run as it was after its first `length` events. */
export function cutBack(run: Run, length: number): Run {
  const earlier = newRun(run.config, run.space, run.file);
  for (const event of run.events.slice(0, length)) add(earlier, event);
  return earlier;
}

/** The `count`-th epoch, counted from 1, or the last one before it. */
export function epochAt(run: Run | undefined, count: number): EndedEpoch | undefined {
  return run?.epochs[Math.min(count, run.epochs.length) - 1];
}

/** The run in the form of events.jsonl. */
export function toLines(run: Run): string {
  return run.events.map((event) => `${JSON.stringify(event)}\n`).join("");
}
