/** Drives one search or one training, or answers questions about configurations. One worker has one instance of the .wasm. */
import { complete, imagesOf, testsOf } from "./built-in";
import { History } from "./history";
import { reason } from "./page";
import type { Device, FromWorker, KnownImages, Pictures, Question, Questions, Request, ToWorker, Until } from "./protocol";
import type { SearchConfig, TrainingConfig } from "./types";
import type { Search, Trained, Training } from "./wasm/cpu/lambda_darts_wasm.js";

type Library = typeof import("./wasm/cpu/lambda_darts_wasm.js");

/** A snapshot is taken at the end of an epoch, but no more often than this. */
const SNAPSHOT_EVERY_MS = 5_000;
/** Test images that the page is given at most. */
const MOST_TEST_IMAGES = 1000;
/** Images among which are some of each class. */
const MOST_SAMPLES = 100;

let library: Promise<Library> | undefined;
let search: Search | undefined;
let training: Training | undefined;
let trained: Trained | undefined;
/** Device of the training. */
let device: Device = "cpu";
/** The predictions that are asked for, one after the other. */
let predictions: Promise<void> = Promise.resolve();
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
  const own = reason(error);
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

/** Makes a search or a training from the library and from what it needs besides, which is on its way. */
async function make<G>(device: Device, bringing: Promise<G>, how: (from: Library, given: G) => Promise<Search | Training>): Promise<void> {
  let from: Library;
  let given: G;
  try {
    // Both at the same time: neither waits for the other.
    const loading = load(device).catch((error: unknown) => {
      throw new Error(`the program could not be loaded: ${reasonOf(error)}`);
    });
    [from, given] = await Promise.all([loading, bringing]);
  } catch (error) {
    post({ type: "refused", reason: reasonOf(error) });
    return;
  }
  try {
    const made = await how(from, given);
    post({ type: "created", device: made.device() });
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

/** True if the newest snapshot is old enough for another one. */
const isDue = (): boolean => performance.now() - lastSnapshot >= SNAPSHOT_EVERY_MS;

/** Keeps the end of an epoch for branches, and from time to time in the page, for its death. */
async function keepEpoch(of: Search, epoch: number): Promise<void> {
  const due = isDue();
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
  const session = search ?? training;
  if (running || session === undefined) return;
  running = true;
  try {
    while (until !== undefined || snapshotDue || changes.length > 0) {
      const asked = changes.shift();
      if (asked !== undefined && search !== undefined) {
        await change(search, asked);
        continue;
      }
      if (snapshotDue) {
        snapshotDue = false;
        giveSnapshot(await session.snapshot());
        continue;
      }
      const event = await session.next();
      if (event === undefined) {
        until = undefined;
        if (training !== undefined) await graduate(training);
        post({ type: "ended" });
        continue;
      }
      post({ type: "event", event });
      if (event.event === "epoch" && search !== undefined) await keepEpoch(search, event.epoch);
      if (event.event === "training_epoch" && isDue()) giveSnapshot(await session.snapshot());
      // After the last event, the session says itself that it has ended.
      if (until !== "end" && event.event.replace("training_", "") === until) until = undefined;
      await breathe();
    }
    post({ type: "stopped", turn });
  } catch (error) {
    die(error);
  }
  running = false;
}

/** Loads what reads and writes runs, which few visitors need. */
const archive = () => import("./archive");

async function pack(from: Library, { events, snapshot, environment }: Questions["pack"]["ask"]): Promise<Uint8Array> {
  const { CHECKPOINT, EVENTS, toml, zip } = await archive();
  const inside = { [EVENTS]: events, "config.toml": toml(from.snapshotConfig(snapshot)), "environment.json": environment };
  return zip({ ...inside, [CHECKPOINT]: from.checkpointFor(snapshot, events) });
}

/** Takes the network of a training, which has ended. */
async function graduate(from: Training): Promise<void> {
  trained = await from.trained(device);
  post({ type: "trained", classes: trained.classes() });
}

async function predict(id: number, { pixels, channels, height, width }: Pictures): Promise<void> {
  try {
    if (trained === undefined) throw new Error("the network is not trained yet");
    post({ type: "answer", id, answer: await trained.predict(pixels, channels, height, width) });
  } catch (error) {
    post({ type: "no-answer", id, reason: reasonOf(error) });
    if (error instanceof WebAssembly.RuntimeError) die(error);
  }
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
      defaults: () => from.defaults(message.ask as Parameters<Library["defaults"]>[0]),
      check: () => from.check(message.ask as Parameters<Library["check"]>[0]) ?? null,
      space: () => from.space(message.ask as Parameters<Library["space"]>[0]),
      notations: () => from.notations(message.ask as Parameters<Library["notations"]>[0]),
      pack: () => pack(from, message.ask as Questions["pack"]["ask"]),
      unpack: async () => (await archive()).unzip(message.ask as Questions["unpack"]["ask"]),
      eventsBefore: async () => {
        const { events, checkpoint } = message.ask as Questions["eventsBefore"]["ask"];
        return (await archive()).eventsBefore(checkpoint, events);
      },
      trainingDefaults: () => trainingDefaults(from, message.ask as Questions["trainingDefaults"]["ask"]),
      samples: () => firstImages(from, message.ask as Questions["samples"]["ask"], (config) => imagesOf(config.data, {}), MOST_SAMPLES),
      // A set without test images shows those that it has.
      testImages: () => firstImages(from, message.ask as Questions["testImages"]["ask"], async ({ data }) => (await testsOf(data)) ?? imagesOf(data, {}), MOST_TEST_IMAGES),
    };
    post({ type: "answer", id: message.id, answer: await answers[message.question]() });
  } catch (error) {
    post({ type: "no-answer", id: message.id, reason: reasonOf(error) });
    if (error instanceof WebAssembly.RuntimeError) die(error);
  }
}

const trainingDefaults = (from: Library, { space, genotype }: Questions["trainingDefaults"]["ask"]): TrainingConfig => from.trainingDefaults(space, genotype);

async function firstImages(from: Library, config: SearchConfig, fileOf: (config: SearchConfig) => Promise<Uint8Array | undefined>, most: number): Promise<KnownImages> {
  const { pixels, ...rest } = from.firstImages(config, await fileOf(config), most);
  return { ...rest, pixels: Uint8Array.from(pixels) };
}

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (dead) return;
  switch (data.type) {
    case "create":
      void make(data.device, complete(data.config, data.files), async (from, { images, table }) => (search = await from.Search.create(data.config, data.device, images, table)));
      break;
    case "restore":
      void make(data.device, complete(data.config, data.files), async (from, { images, table }) => (search = await from.Search.restore(data.snapshot, data.device, images, table)));
      if (data.epoch !== undefined) history.add(data.epoch, data.snapshot);
      break;
    case "train":
      device = data.device;
      void make(device, Promise.all([imagesOf(data.config.data, data.files), testsOf(data.config.data)]), async ({ Training }, [images, tests]) => {
        training = await (data.snapshot === undefined ? Training.create(data.config, device, images, tests) : Training.restore(data.snapshot, device, images, tests));
        return training;
      });
      break;
    case "predict":
      // A network answers one question at a time.
      predictions = predictions.then(() => predict(data.id, data.images));
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
