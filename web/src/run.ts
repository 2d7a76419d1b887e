/** A run is a list of events and the space it searches. Everything drawn comes from one. */
import type { EpochEvent, Event, SearchConfig, Space, StepEvent } from "./types";

/** An epoch with the clock of its event. */
export type EndedEpoch = EpochEvent & Pick<Event, "seconds">;

/** A change of settings in a search in progress. */
export type ChangeEvent = Extract<Event, { event: "change" }>;

export interface Run {
  /** Settings as they are now: those of the start, or of the last change. */
  config: SearchConfig;
  readonly space: Space;
  /** A file's name, where the run was not made here. */
  readonly file?: string | undefined;
  readonly events: Event[];
  readonly epochs: EndedEpoch[];
  readonly changes: ChangeEvent[];
  /** Number of its first epochs that another run has gone through, which it branched from. */
  past?: number;
  /** Steps in an epoch, once it has begun. */
  steps: number;
  device: string;
  last?: StepEvent;
  ended: boolean;
}

export function newRun(config: SearchConfig, space: Space, file?: string): Run {
  const run: Run = { config, space, events: [], epochs: [], changes: [], steps: 0, device: "", ended: false };
  return file === undefined ? run : { ...run, file };
}

export function add(run: Run, event: Event): void {
  // A search that goes on may say again what it is, and a longer one says its new settings.
  if (event.event === "start" && run.events.length > 0) {
    run.config = event.config;
    // Once settings have changed, its first event alone still knows the old ones.
    run.events[0] = run.changes.length === 0 ? event : { ...event, config: { ...startConfig(run), epochs: event.config.epochs } };
    return;
  }
  run.events.push(event);
  switch (event.event) {
    case "start":
      // The library completes the settings that were left out.
      run.config = event.config;
      run.steps = event.steps;
      run.device = event.device;
      break;
    case "step":
      run.last = event;
      break;
    case "epoch":
      run.epochs.push(event);
      break;
    case "change":
      run.config = event.config;
      run.changes.push(event);
      break;
    case "end":
      run.ended = true;
      break;
  }
}

/** Settings that the run began with. */
export function startConfig(run: Run): SearchConfig {
  const first = run.events[0];
  return first?.event === "start" ? first.config : run.config;
}

/** Settings when the `count`-th epoch ended; with the newest epoch, those of now. */
export function configAt(run: Run, count: number): SearchConfig {
  if (count >= run.epochs.length) return run.config;
  // A change belongs to the epoch in which it was made.
  return run.changes.filter(({ epoch }) => epoch <= count).at(-1)?.config ?? startConfig(run);
}

/** The run as it was after its first `length` events. */
export function cutBack(run: Run, length: number): Run {
  const earlier = newRun(startConfig(run), run.space, run.file);
  if (run.past !== undefined) earlier.past = run.past;
  for (const event of run.events.slice(0, length)) add(earlier, event);
  return earlier;
}

/** The `count`-th epoch, counted from 1, or the last one before it. */
export function epochAt(run: Run | undefined, count: number): EndedEpoch | undefined {
  return run?.epochs[Math.min(count, run.epochs.length) - 1];
}

/** The run in the form of events.jsonl. */
export function toLines({ events }: Pick<Run, "events">): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}
