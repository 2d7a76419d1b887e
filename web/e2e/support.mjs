/** Shared parts of the browser tests: a server, a browser, and readings from the page. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";
import { launch } from "./browser.mjs";
import { serve } from "./server.mjs";

/** Settings of a search that takes seconds, and that no training follows. */
export const SMALL = "data=digits&epochs=2&images=400&batch=32&channels=4&train=0";

export { launch };

/** A browser and a server for the tests of one file. `flags` are added to the browser's. */
export function stage(flags = []) {
  const own = {};
  before(async () => {
    own.served = await serve();
    own.browser = await launch(flags);
  });
  after(async () => {
    await own.browser?.close();
    own.served?.server.close();
  });
  /** `page.seen` collects requests, what among them carries something away, and complaints. */
  const load = async (address, options) => {
    const context = await own.browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.seen = { requests: [], sent: [], complaints: [] };
    page.origin = new URL(own.served.address).origin;
    context.on("request", (request) => {
      page.seen.requests.push(request.url());
      if (request.method() !== "GET" || request.postDataBuffer() !== null) page.seen.sent.push(`${request.method()} ${request.url()}`);
    });
    page.on("websocket", (socket) => page.seen.sent.push(socket.url()));
    page.on("pageerror", (error) => page.seen.complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && page.seen.complaints.push(message.text()));
    await page.goto(address);
    return page;
  };
  return {
    /** Opens the page, by another name of this machine if the browser knows one. */
    async open(query = "", { host = "127.0.0.1", ...options } = {}) {
      const page = await load(`${own.served.address.replace("127.0.0.1", host)}${query}`, options);
      await page.waitForFunction(() => !document.querySelector('[data-testid="play"]').disabled);
      return page;
    },
    /** Opens a file from disk, as a double click does. */
    openFile: (path, options = {}) => load(pathToFileURL(path).href, options),
    /** Opens a page of another server. */
    visit: load,
  };
}

export const text = (page, id) => page.getByTestId(id).innerText();

/** Waits until the element's text satisfies the pattern. */
export async function reads(page, id, pattern, timeout = 60_000) {
  const known = await page
    .waitForFunction(
      ([name, source]) => {
        const found = document.querySelector(`[data-testid="${name}"]`)?.textContent ?? "";
        return new RegExp(source).test(found) ? { found } : null;
      },
      [id, pattern.source],
      { timeout },
    )
    .catch(async () => assert.fail(`${id} says “${await text(page, id)}”, which is not ${pattern}; the message is “${await text(page, "message")}”`));
  return (await known.jsonValue()).found;
}

/** Presses a button and reads the file that comes out. */
export async function download(page, id) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId(id).click()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

export const parseLines = (lines) => lines.trim().split("\n").map((line) => JSON.parse(line));

/** The events of a side, as the page exports them. */
export async function events(page, side) {
  return parseLines((await download(page, `export-events-${side}`)).bytes.toString());
}

export const of = (all, kind) => all.filter(({ event }) => event === kind);

/** Without the clock, which is all that differs between two runs of one seed. */
export const timeless = (all) => all.map(({ seconds, ...event }) => event);

/** Gives files to the picker. */
export const pick = (page, files) => page.getByTestId("drop").locator("input").setInputFiles(files);

/** A file in a folder of its own. */
export async function file(name, content) {
  const path = join(await mkdtemp(join(tmpdir(), "lambda-darts-")), name);
  await writeFile(path, content);
  return path;
}

/** The page of `lambda-darts report` without runs, and the place of the runs in it. */
export const template = fileURLToPath(new URL("../../cli/assets/report.html", import.meta.url));
export const PLACE = /(<script type="application\/json" id="runs">)(.*?)(<\/script>)/s;

/** A report with these runs in it. */
export async function reportOf(runs) {
  const json = JSON.stringify(runs).replaceAll("<", "\\u003c");
  return file("report.html", (await readFile(template, "utf8")).replace(PLACE, (_, begin, __, end) => begin + json + end));
}

export const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Nothing overflows the page, everything has a name, contrasts hold. */
export async function assertLooks(page, width) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).slice(0, 3).join(" | ")}`);
  assert.deepEqual(found, []);
}

/** A module of the page, as Node.js can import it; it must not need the page. */
export async function moduleOf(path) {
  const ssr = fileURLToPath(new URL(`../src/${path}`, import.meta.url));
  const { output } = await build({ configFile: false, logLevel: "silent", ssr: { noExternal: true }, build: { ssr, write: false } });
  return import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}

/** Moves the slider as a finger would: the value, then the event. */
export async function slide(page, epoch) {
  await page.getByTestId("slider").evaluate((slider, value) => {
    slider.value = String(value);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, epoch);
  await reads(page, "epoch", new RegExp(`^${epoch}$`));
}

/**
 * Times that the tasks of the page's main thread took meanwhile, in ms of that thread's own time: what a clock on the wall
 * says would depend on what else the machine does.
 */
export async function mainThread(page, doing) {
  const browser = page.context().browser();
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"] });
  let trace;
  try {
    await doing();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString());
  const thread = ({ pid, tid }) => `${pid}/${tid}`;
  const mains = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(thread));
  return traceEvents.filter((one) => one.name === "RunTask" && mains.has(thread(one)) && one.tdur).map(({ tdur }) => tdur / 1000);
}

/** The candidates of NAS-Bench-201, in the order of the columns. */
const CANDIDATES = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"];
const EDGES = [[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3]];

const attributes = (page, selector, names) =>
  page.locator(selector).evaluateAll((all, wanted) => all.map((one) => wanted.map((name) => one.getAttribute(name))), names);

const chooseMeasure = (page, measure) => page.locator(`input[name="measure"][value="${measure}"]`).check({ force: true });

/** Waits until everything that was asked for is drawn: a frame that draws changes the document. */
export const drawn = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        setTimeout(reject, 20_000, new Error("the page goes on drawing"));
        let quiet = 0;
        const observer = new MutationObserver(() => (quiet = 0));
        observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        requestAnimationFrame(function frame() {
          quiet += 1;
          if (quiet < 4) return requestAnimationFrame(frame);
          observer.disconnect();
          resolve(null);
        });
      }),
  );

/** Holds everything that is drawn of a side against one of its epochs, on NAS-Bench-201. */
export async function assertShows(page, side, epoch) {
  await drawn(page);
  const [{ probabilities, saturation }] = epoch.cell_types;
  const panel = (section) => `#${section} .panel[data-side="${side}"]`;
  const measures = {
    saturation: (_, e) => 1 - saturation.entropy[e],
    transmitted: (l, e) => saturation.cells[l].transmitted[e],
    pull: (l) => saturation.cells[l].pull,
  };
  for (const [measure, value] of Object.entries(measures)) {
    await chooseMeasure(page, measure);
    await drawn(page);
    const squares = await attributes(page, `${panel("saturation")} g.square`, ["data-cell", "data-edge", "data-value", "data-asks"]);
    assert.equal(squares.length, saturation.cells.length * EDGES.length, measure);
    for (const [cell, edge, shown, asks] of squares) {
      assert.equal(Number(shown), value(Number(cell), Number(edge)), `${measure} of cell ${cell}, edge ${edge}`);
      assert.equal(asks, CANDIDATES[saturation.cells[cell].asks[edge]]);
    }
  }
  await chooseMeasure(page, "saturation");

  const edges = await attributes(page, `${panel("cell")} .edges path`, ["data-edge", "data-weight", "data-derived"]);
  assert.equal(edges.length, EDGES.length);
  for (const [edge, weight, derived] of edges) {
    assert.equal(Number(weight), Math.max(...probabilities[edge]), `weight of edge ${edge}`);
    const [from, to] = EDGES[edge];
    assert.equal(derived, epoch.genotype.cells[0].nodes[to - 1].find(([, node]) => node === from)[0]);
  }

  const entries = await attributes(page, `${panel("agreement")} g.entry`, ["data-row", "data-column", "data-value"]);
  assert.equal(entries.length, saturation.cells.length ** 2);
  for (const [row, column, value] of entries) assert.equal(Number(value), saturation.cosines[row][column]);

  const cell = epoch.genotype.cells[0].nodes.map((reads) => `|${reads.map(([operation, from]) => `${operation}~${from}`).join("|")}|`);
  await page.waitForFunction(
    ([name, wanted]) => document.querySelector(`[data-testid="${name}"]`).textContent === wanted,
    [`genotype-${side}`, cell.join("+")],
  );

  const facts = await page.locator(`${panel("cell")} .facts`).innerText();
  assert.ok(facts.includes(`No weights ${epoch.parameter_free} of 6`), facts);
  const counts = await attributes(page, `${panel("cell")} .histogram li`, ["data-operation", "data-count"]);
  assert.deepEqual(counts, CANDIDATES.map((operation) => [operation, String(epoch.operations[operation] ?? 0)]));
  if (epoch.benchmark === undefined) assert.doesNotMatch(facts, /Trained in full/);
  else assert.equal(facts.split("\n")[0], worthOf(epoch.benchmark));
}

/** What the page says of a cell that the benchmark has. */
export function worthOf({ cifar10_test, rank, cells }) {
  const [place, all] = [rank, cells].map((count) => String(count).replace(/\B(?=(\d{3})+$)/g, ","));
  return `Trained in full: ${(100 * cifar10_test).toFixed(1)} %, rank ${place} of ${all}`;
}

/** Requests for the library's own files, by the name that they have in the repository. */
export const builtIn = (page, name) => page.seen.requests.filter((address) => new RegExp(`/assets/${name}-[^/]+\\.bin$`).test(address));

/** Holds the curves of a side against all of its epochs. */
export async function assertCurves(page, side, epochs) {
  await drawn(page);
  const plots = {
    alignment: (epoch) => epoch.cell_types[0].alignment,
    "parameter-free": (epoch) => epoch.parameter_free,
    saturation: ({ cell_types: [{ saturation: { entropy } }] }) => Math.max(0, mean(entropy.map((h) => 1 - h))),
    "valid-loss": (epoch) => epoch.valid_loss,
    "train-loss": (epoch) => epoch.train_loss,
    "supernet-accuracy": (epoch) => epoch.supernet_accuracy,
    "loss-gradient-norm": (epoch) => epoch.loss_gradient_norm,
    "regularizer-gradient-norm": (epoch) => epoch.regularizer_gradient_norm,
    curvature: (epoch) => epoch.curvature,
    "table-accuracy": (epoch) => epoch.benchmark?.cifar10_test,
  };
  // The benchmark may lack a cell; norms and curvature are not measured in every run.
  const optional = ["loss-gradient-norm", "regularizer-gradient-norm", "curvature", "table-accuracy"];
  for (const [line, value] of Object.entries(plots)) {
    const points = await attributes(page, `.plots .series.${side}[data-line="${line}"] circle`, ["data-epoch", "data-value"]);
    const known = epochs.flatMap((epoch) => (optional.includes(line) && value(epoch) === undefined ? [] : [epoch.epoch]));
    assert.deepEqual(points.map(([epoch]) => Number(epoch)), known, line);
    points.forEach(([epoch, shown]) => {
      const expected = value(epochs[epoch - 1]);
      assert.ok(Math.abs(Number(shown) - expected) <= 1e-12 * Math.max(1, Math.abs(expected)), `${line} of epoch ${epoch}: ${shown}, not ${expected}`);
    });
  }
}
