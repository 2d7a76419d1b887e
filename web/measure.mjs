/**
 * Measures the page in web/dist: bytes of a first load and of what the run fetches later, the longest task of its main thread
 * during a search, the time of the default search and, where the package `lighthouse` is installed, its scores. `npm run measure`; exit status 1 if the
 * first load or a score misses its limit. `--quick` leaves the default search out.
 */
import { readFile } from "node:fs/promises";
import { brotliCompressSync, constants } from "node:zlib";
import { fileURLToPath } from "node:url";
import { serve } from "./e2e/server.mjs";
import { launch, SMALL } from "./e2e/support.mjs";

const MOST_BYTES = 900_000;
const LEAST_SCORE = 0.95;
const PORT = 9322;
const dist = fileURLToPath(new URL("dist", import.meta.url));

/** Kinds of files by the endings of their names; what has none of them is markup or style. */
const KINDS = { ".wasm": "program", ".bin": "images and accuracies", ".js": "scripts", ".woff2": "fonts" };
/** A run to the end, which fetches what the default one does. */
const WHOLE = "epochs=1&images=64&batch=32&channels=2&train=1";

const kilobytes = (bytes) => `${Math.ceil(bytes / 1000)} kB`;

/** Bytes that a server sends which has compressed its files once and well, as static hosts do. */
async function wireBytes(path) {
  const bytes = await readFile(`${dist}/${path === "" ? "index.html" : path}`);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  // What is compressed already would grow, and is sent as it is.
  return Math.min(bytes.length, brotliCompressSync(bytes, { params }).length);
}

/** Opens the page, counts its long tasks and waits until it can search. */
async function open(browser, address) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(30 * 60_000);
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: "longtask",
      buffered: true,
    });
  });
  const asked = new Set();
  page.context().on("request", (request) => request.url().startsWith("http") && asked.add(new URL(request.url()).pathname));
  await page.goto(address);
  await page.waitForFunction(() => !document.querySelector('[data-testid="play"]').disabled);
  return { page, asked };
}

/** Plays until both searches have ended. Returns the seconds. */
async function play(page) {
  const begin = performance.now();
  await page.getByTestId("play").click();
  await page.waitForFunction(() =>
    ["left", "right"].every((side) => /Finished/.test(document.querySelector(`[data-testid="status-${side}"]`).textContent)),
  );
  return (performance.now() - begin) / 1000;
}

/** The files at some paths, the largest first. */
async function filesOf(paths) {
  const files = await Promise.all(
    [...paths].map(async (asked) => {
      const path = asked.slice(1);
      return { path: path || "index.html", kind: KINDS[/\.\w+$/.exec(path)?.[0]] ?? "markup and style", bytes: await wireBytes(path) };
    }),
  );
  return files.sort((a, b) => b.bytes - a.bytes);
}

const sum = (files) => files.reduce((all, { bytes }) => all + bytes, 0);

function list(files) {
  for (const { path, bytes } of files) console.log(`  ${kilobytes(bytes).padStart(7)}  ${path}`);
}

/** A visitor without WebGPU who opens the page and presses Play: the page, the CPU module and the images that it learns from. */
async function firstLoad(browser, address) {
  const { page, asked } = await open(browser, `${address}?device=cpu`);
  const early = new Set(asked);
  await page.getByTestId("play").click();
  await page.waitForFunction(() => /step \d/.test(document.querySelector('[data-testid="status-right"]').textContent));
  const first = new Set(asked);
  await page.close();
  const files = await filesOf(first);
  const all = sum(files);
  console.log(`first load: ${kilobytes(all)} over the wire until both searches step, at most ${kilobytes(MOST_BYTES)} are allowed; ${kilobytes(sum(await filesOf(early)))} until Play can be pressed`);
  for (const kind of new Set(files.map((file) => file.kind))) console.log(`  ${kilobytes(sum(files.filter((file) => file.kind === kind))).padStart(7)}  ${kind}`);
  console.log("its files:");
  list(files);
  const later = await filesOf([...(await wholeRun(browser, address))].filter((path) => !first.has(path)));
  console.log(`later in the default run: ${kilobytes(sum(later))} more, ${kilobytes(all + sum(later))} in all`);
  list(later);
  return all <= MOST_BYTES;
}

/** All that a run asks for, until both trained networks have answered. */
async function wholeRun(browser, address) {
  const { page, asked } = await open(browser, `${address}?device=cpu&${WHOLE}`);
  await page.getByTestId("play").click();
  await page.getByTestId("answers").waitFor();
  await page.close();
  return asked;
}

async function longestTask(browser, address) {
  const { page } = await open(browser, `${address}?device=cpu&${SMALL}`);
  await play(page);
  const tasks = await page.evaluate(() => globalThis.longTasks);
  await page.close();
  const longest = tasks.length === 0 ? "none took 50 ms" : `the longest took ${Math.round(Math.max(...tasks))} ms, ${tasks.length} took 50 ms or more`;
  console.log(`tasks of the main thread during a small search: ${longest}`);
}

async function defaultSearch(browser, address) {
  const { page } = await open(browser, `${address}?device=cpu`);
  const seconds = await play(page);
  const epochs = await page.getByTestId("epoch").innerText();
  await page.close();
  console.log(`default run on the CPU: both searches, ${epochs} epochs, in ${Math.round(seconds)} s`);
}

async function scores(address) {
  const lighthouse = await import("lighthouse").then(({ default: run }) => run, () => undefined);
  if (lighthouse === undefined) {
    console.log("Lighthouse: not measured, the package is not installed (npm install --no-save lighthouse)");
    return true;
  }
  const browser = await launch([`--remote-debugging-port=${PORT}`]);
  try {
    const { lhr } = await lighthouse(address, { port: PORT, output: "json", logLevel: "error" });
    const categories = Object.values(lhr.categories);
    console.log(`Lighthouse: ${categories.map(({ title, score }) => `${title} ${Math.round(100 * score)}`).join(", ")}`);
    return categories.every(({ score }) => score >= LEAST_SCORE);
  } finally {
    await browser.close();
  }
}

const { server, address } = await serve();
const browser = await launch();
try {
  const light = await firstLoad(browser, address);
  await longestTask(browser, address);
  if (!process.argv.includes("--quick")) await defaultSearch(browser, address);
  const scored = await scores(address);
  if (!light) console.error(`The first load is larger than ${kilobytes(MOST_BYTES)}.`);
  if (!scored) console.error(`A score is below ${100 * LEAST_SCORE}.`);
  if (!light || !scored) process.exitCode = 1;
} finally {
  await browser.close();
  server.close();
}
