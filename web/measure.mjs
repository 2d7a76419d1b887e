/**
 * Measures the page in web/dist: bytes of a first load, the longest task of its main thread during a search, the time of the
 * default search and, where the package `lighthouse` is installed, its scores. `npm run measure`; exit status 1 if the
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
  page.context().on("request", (request) => request.url().startsWith("http") && asked.add(request.url()));
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

/** A visitor without WebGPU who opens the page and presses Play: the page, the CPU module and the images. */
async function firstLoad(browser, address) {
  const { page, asked } = await open(browser, `${address}?device=cpu`);
  const early = new Set(asked);
  await page.getByTestId("play").click();
  await page.waitForFunction(() => /step \d/.test(document.querySelector('[data-testid="status-right"]').textContent));
  await page.close();
  const files = await Promise.all(
    [...asked].map(async (url) => {
      const path = new URL(url).pathname.slice(1);
      return { path, bytes: await wireBytes(path), early: early.has(url) };
    }),
  );
  files.sort((a, b) => b.bytes - a.bytes);
  const sum = (some) => some.reduce((all, { bytes }) => all + bytes, 0);
  const all = sum(files);
  console.log(`first load: ${kilobytes(all)} over the wire, at most ${kilobytes(MOST_BYTES)} are allowed; ${kilobytes(sum(files.filter(({ early }) => early)))} before Play`);
  for (const { path, bytes } of files) console.log(`  ${kilobytes(bytes).padStart(7)}  ${path || "index.html"}`);
  return all <= MOST_BYTES;
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
