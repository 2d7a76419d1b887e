/** Runs that a visitor brings to go on with: a .zip, or the events and the checkpoint of one run together. */
import { ask } from "./library";
import type { Saved } from "./experiment";
import { CHECKPOINT, EVENTS } from "./zip";

const MOST_BYTES = 512 << 20;

/** Files sorted: runs to go on with, and the others. */
export interface Sorted {
  runs: { name: string; read(): Promise<Saved> }[];
  rest: File[];
}

/** Finds the runs among some files. */
export function sortFiles(files: readonly File[]): Sorted {
  const named = (pattern: RegExp): File[] => files.filter(({ name }) => pattern.test(name));
  const zips = named(/\.zip$/i);
  const checkpoints = named(/\.safetensors$/i);
  const events = named(/\.jsonl?$/i);
  const runs = zips.map((file) => ({ name: file.name, read: () => readZip(file) }));
  const [checkpoint, log] = [checkpoints[0], events[0]];
  const pair = checkpoints.length === 1 && events.length === 1 && checkpoint !== undefined && log !== undefined;
  if (pair) runs.push({ name: log.name, read: () => readPair(log, checkpoint) });
  else runs.push(...checkpoints.map(({ name }) => ({ name, read: () => refuse(name) })));
  const rest = files.filter((file) => !zips.includes(file) && !checkpoints.includes(file) && !(pair && file === log));
  return { runs, rest };
}

const refuse = (name: string): Promise<never> =>
  Promise.reject(new Error(`${name}: a checkpoint belongs to the ${EVENTS} of its run. Drop the two of one run together, or the run as .zip.`));

async function readZip(file: File): Promise<Saved> {
  const bytes = await bytesOf(file);
  const { events, checkpoint } = await ask("unpack", bytes).catch((error: Error) => {
    throw new Error(`${file.name}: ${error.message}. It is not a run as .zip.`);
  });
  const { run, kept } = await match(events, checkpoint, { events: `${file.name}, ${EVENTS}`, checkpoint: `${file.name}, ${CHECKPOINT}` });
  return { run: { ...run, file: file.name }, kept };
}

async function readPair(log: File, checkpoint: File): Promise<Saved> {
  const bytes = await bytesOf(checkpoint);
  if (log.size > MOST_BYTES) throw tooLarge(log);
  return match(await log.text(), bytes, { events: log.name, checkpoint: checkpoint.name });
}

async function match(events: string, checkpoint: Uint8Array, names: { events: string; checkpoint: string }): Promise<Saved> {
  const { readEvents } = await import("./read-run");
  const run = await readEvents(events, names.events, (config) => ask("space", config));
  const before = await ask("eventsBefore", { events, checkpoint }).catch((error: Error) => {
    throw new Error(`${names.checkpoint}: ${error.message}.`);
  });
  return { run, kept: { bytes: checkpoint, events: before } };
}

const tooLarge = ({ name }: File): Error => new Error(`${name}: larger than ${MOST_BYTES >> 20} MiB.`);

async function bytesOf(file: File): Promise<Uint8Array> {
  if (file.size > MOST_BYTES) throw tooLarge(file);
  return new Uint8Array(await file.arrayBuffer());
}
