/** Drives one search, or answers questions about configurations. One worker has one instance of the .wasm. */
import { complete, type Given } from "./built-in";
import { eventsBefore } from "./checkpoint";
import { History } from "./history";
import type { Device, Files, FromWorker, Question, Questions, Request, ToWorker, Until } from "./protocol";
import type { SearchConfig } from "./types";
import type { Search } from "./wasm/cpu/lambda_darts_wasm.js";
import { CHECKPOINT, EVENTS, unzip, zip } from "./zip";

type Library = typeof import("./wasm/cpu/lambda_darts_wasm.js");

/** A snapshot is taken at the end of an epoch, but no more often than this. */
const SNAPSHOT_EVERY_MS = 5_000;

let library: Promise<Library> | undefined;
let search: Search | undefined;
let until: Until | undefined;
let running = false;
let turn = 0;
let dead = false;
let lastSnapshot = -Infinity;
/** True if the page has asked for a snapshot. */
let snapshotDue = false;
let lastError = "";
/** Changes that wait until the search is between two events. */
const changes: Extract<Request, { type: "change" }>[] = [];
/** The ends of epochs that a branch can begin at. */
const history = new History();

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

// A panic is reported through console.error and then traps; keep its text as the reason.
const report = console.error.bind(console);
console.error = (...parts: unknown[]): void => {
  lastError = parts.map(String).join(" ");
  report(...parts);
};

function reasonOf(error: unknown): string {
  const own = error instanceof Error ? error.message : String(error);
  // After a panic the trap says only "unreachable"; the panic's own text says why.
  const text = lastError !== "" && !(error instanceof Error && error.name === "Error") ? lastError : own;
  return text.split("\n")[0]?.trim() || "no reason given";
}

function die(error: unknown): void {
  if (dead) return;
  dead = true;
  until = undefined;
  post({ type: "dead", reason: reasonOf(error) });
}

// A trap inside a future never settles its promise: it arrives here.
self.addEventListener("error", (event) => die(event.error ?? event.message));
self.addEventListener("unhandledrejection", (event) => die(event.reason));

/** The small module without WebGPU is fetched unless the device needs the other. */
function load(device: Device): Promise<Library> {
  library ??= (async () => {
    // Both are built from one crate and differ only in what lies beneath.
    const module =
      device === "webgpu"
        ? ((await import("./wasm/webgpu/lambda_darts_wasm.js")) as unknown as Library)
        : await import("./wasm/cpu/lambda_darts_wasm.js");
    await module.default();
    return module;
  })();
  return library;
}

/** What a search is made from. */
interface Wanted {
  config: SearchConfig;
  device: Device;
  files: Files;
}

async function make({ config, device, files }: Wanted, how: (from: Library, given: Given) => Promise<Search>): Promise<void> {
  let from: Library;
  let given: Given;
  try {
    // Both at the same time: neither waits for the other.
    const loading = load(device).catch((error: unknown) => {
      throw new Error(`the program could not be loaded: ${reasonOf(error)}`);
    });
    [from, given] = await Promise.all([loading, complete(config, files)]);
  } catch (error) {
    post({ type: "refused", reason: reasonOf(error) });
    return;
  }
  try {
    search = await how(from, given);
    post({ type: "created", device: search.device() });
  } catch (error) {
    // An Error is an answer; anything else (a trap) means that the instance is gone.
    if (error instanceof WebAssembly.RuntimeError) die(error);
    else post({ type: "refused", reason: reasonOf(error) });
  }
}

/** Lets messages in between two events: a search on the CPU never waits for anything by itself. */
const channel = new MessageChannel();
let resume: (() => void) | undefined;
channel.port1.onmessage = () => resume?.();
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    resume = resolve;
    channel.port2.postMessage(null);
  });
}

/** Keeps the end of an epoch for branches, and from time to time in the page, for its death. */
async function keepEpoch(of: Search, epoch: number): Promise<void> {
  const due = performance.now() - lastSnapshot >= SNAPSHOT_EVERY_MS;
  if (!due && !history.wants(epoch)) return;
  const bytes = await of.snapshot();
  if (history.wants(epoch)) history.add(epoch, bytes);
  if (due) giveSnapshot(bytes);
}

function giveSnapshot(bytes: Uint8Array): void {
  lastSnapshot = performance.now();
  post({ type: "snapshot", bytes });
}

async function change(of: Search, { id, config }: (typeof changes)[number]): Promise<void> {
  try {
    post({ type: "changed", id, event: of.change(config) });
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    post({ type: "declined", id, reason: reasonOf(error) });
    return;
  }
  // It would be lost with a search that dies before its next snapshot.
  giveSnapshot(await of.snapshot());
}

async function run(): Promise<void> {
  if (running || search === undefined) return;
  running = true;
  try {
    while (until !== undefined || snapshotDue || changes.length > 0) {
      const asked = changes.shift();
      if (asked !== undefined) {
        await change(search, asked);
        continue;
      }
      if (snapshotDue) {
        snapshotDue = false;
        giveSnapshot(await search.snapshot());
        continue;
      }
      const event = await search.next();
      if (event === undefined) {
        until = undefined;
        post({ type: "ended" });
        continue;
      }
      post({ type: "event", event });
      if (event.event === "epoch") await keepEpoch(search, event.epoch);
      // After the last event, the search says itself that it has ended.
      if (until !== "end" && event.event === until) until = undefined;
      await breathe();
    }
    post({ type: "stopped", turn });
  } catch (error) {
    die(error);
  }
  running = false;
}

function pack(from: Library, { events, snapshot, environment }: Questions["pack"]["ask"]): Uint8Array {
  const files = { [EVENTS]: events, "config.toml": from.toml(from.snapshotConfig(snapshot)), "environment.json": environment };
  return zip({ ...files, [CHECKPOINT]: from.checkpointFor(snapshot, events) });
}

async function answer(message: Question): Promise<void> {
  let from: Library;
  try {
    from = await load("cpu");
  } catch (error) {
    // A module that failed to load stays failed in this worker: the page starts another one.
    die(error);
    return;
  }
  try {
    const answers = {
      presets: () => from.presets(),
      methodSchema: () => from.methodSchema(),
      defaults: () => from.defaults(message.ask as Parameters<Library["defaults"]>[0]),
      check: () => from.check(message.ask as Parameters<Library["check"]>[0]) ?? null,
      space: () => from.space(message.ask as Parameters<Library["space"]>[0]),
      notations: () => from.notations(message.ask as Parameters<Library["notations"]>[0]),
      pack: () => pack(from, message.ask as Questions["pack"]["ask"]),
      unpack: () => unzip(message.ask as Questions["unpack"]["ask"]),
      eventsBefore: () => {
        const { events, checkpoint } = message.ask as Questions["eventsBefore"]["ask"];
        return eventsBefore(checkpoint, events);
      },
    };
    post({ type: "answer", id: message.id, answer: answers[message.question]() });
  } catch (error) {
    post({ type: "no-answer", id: message.id, reason: reasonOf(error) });
    if (error instanceof WebAssembly.RuntimeError) die(error);
  }
}

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (dead) return;
  switch (data.type) {
    case "create":
      void make(data, (from, { images, table }) => from.Search.create(data.config, data.device, images, table));
      break;
    case "restore":
      void make(data, (from, { images, table }) => from.Search.restore(data.snapshot, data.device, images, table));
      if (data.epoch !== undefined) history.add(data.epoch, data.snapshot);
      break;
    case "run":
      until = data.until;
      turn = data.turn;
      void run();
      break;
    case "change":
      changes.push(data);
      void run();
      break;
    case "recall":
      post({ type: "recalled", id: data.id, kept: history.at(data.epoch) });
      break;
    case "pause":
      until = undefined;
      break;
    case "snapshot":
      snapshotDue = true;
      void run();
      break;
    case "question":
      void answer(data);
      break;
  }
});
