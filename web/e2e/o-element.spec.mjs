/** `<lambda-darts-cell>` on a page that is not ours, under a strict policy; and the spaces that it knows. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { madeRun } from "./made-runs.mjs";
import { drawn, moduleOf, of, stage } from "./support.mjs";

const { open } = stage();

const RUN = madeRun({ name: "run", method: "lambda-darts", epochs: 3 });
const LINES = RUN.events.map((event) => `${JSON.stringify(event)}\n`).join("");
const EDGES = [[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3]];

/** Another page of the same host with these elements, which may load nothing but its host's scripts and files. */
async function blank(body, events = LINES) {
  const page = await open();
  const policy = "default-src 'none'; script-src 'self'; connect-src 'self'";
  const answer = (contentType, text, headers = {}) => (route) => route.fulfill({ contentType, body: text, headers });
  const html = `<!doctype html><html lang="en"><title>Another page</title><main>${body}</main><script type="module" src="./lambda-darts-cell.js"></script></html>`;
  await page.route("**/blank.html", answer("text/html", html, { "content-security-policy": policy }));
  await page.route("**/run.jsonl", answer("text/plain", events));
  await page.goto(`${page.origin}/blank.html`);
  return page;
}

const derived = (page) => page.locator("lambda-darts-cell .edges path").evaluateAll((all) => all.map(({ dataset }) => dataset.derived));
const genotypeOf = (at) => {
  const [{ nodes }] = of(RUN.events, "epoch")[at - 1].genotype.cells;
  return EDGES.map(([from, to]) => nodes[to - 1].find(([, node]) => node === from)[0]);
};
const caption = (page) => page.locator("lambda-darts-cell .caption").innerText();

test("it draws the cell of a file, at any epoch, with styles of its own", async () => {
  const page = await blank('<lambda-darts-cell events="./run.jsonl" side="right"></lambda-darts-cell>');
  await page.locator("lambda-darts-cell .edges path").first().waitFor({ state: "attached" });
  assert.deepEqual(await derived(page), genotypeOf(3));
  assert.equal(await caption(page), "Λ-DARTS · epoch 3 of 3");
  const element = page.locator("lambda-darts-cell");
  await element.evaluate((one) => one.setAttribute("epoch", "1"));
  await drawn(page);
  assert.deepEqual(await derived(page), genotypeOf(1));
  assert.equal(await caption(page), "Λ-DARTS · epoch 1 of 3");
  // The page's own properties are its theme.
  await element.evaluate((one) => {
    one.style.setProperty("--ink", "rgb(1, 2, 3)");
    one.style.setProperty("--surface", "rgb(250, 240, 230)");
  });
  assert.equal(await page.locator("lambda-darts-cell .nodes circle").first().evaluate((one) => getComputedStyle(one).stroke), "rgb(1, 2, 3)");
  assert.equal(await element.evaluate((one) => getComputedStyle(one).backgroundColor), "rgb(250, 240, 230)");
  assert.ok((await element.boundingBox()).height > 150);
  assert.deepEqual(page.seen.complaints, []);
});

test("it is used by the keyboard, and its card stands beside it", async () => {
  const page = await blank('<lambda-darts-cell events="./run.jsonl"></lambda-darts-cell>');
  await page.locator("lambda-darts-cell .edges path").first().waitFor({ state: "attached" });
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowRight");
  const focused = await page.evaluate(() => document.activeElement.shadowRoot.activeElement.getAttribute("aria-label"));
  assert.match(focused, /^Edge in→2, derived: /);
  const card = page.locator("lambda-darts-cell .tip");
  assert.match(await card.innerText(), /^Edge in→2/);
  assert.equal(await card.evaluate((one) => getComputedStyle(one).position), "fixed");
});

test("it takes events from an element of the page, and says what is wrong with others", async () => {
  const inline = `<script type="application/jsonl" id="events">${LINES}</script>`;
  const page = await blank(`${inline}<lambda-darts-cell events="#events" epoch="2"></lambda-darts-cell>`);
  await page.locator("lambda-darts-cell .edges path").first().waitFor({ state: "attached" });
  assert.deepEqual(await derived(page), genotypeOf(2));
  const says = async (events, pattern) => {
    await page.locator("lambda-darts-cell").evaluate((one, value) => one.setAttribute("events", value), events);
    const alert = page.locator("lambda-darts-cell [role=alert]");
    await alert.filter({ hasText: pattern }).waitFor();
    assert.equal(await page.locator("lambda-darts-cell svg").isVisible(), false);
  };
  await says("#nothing", /There is no element #nothing/);
  await says("missing.jsonl", /missing\.jsonl could not be loaded/);
});

test("a run may be anything", async () => {
  const [start, ...rest] = RUN.events;
  const custom = (more) => ({ ...start, config: { ...start.config, space: "own", custom_space: { name: "own", layout: "staged", nodes: 3, cells: { normal: { operations: [] } }, ...more } } });
  const page = await blank("<lambda-darts-cell></lambda-darts-cell>");
  for (const [at, [first, pattern]] of [
    [{ ...start, config: { ...start.config, space: "nowhere" } }, /unknown search space nowhere/],
    [custom({ nodes: 1e9 }), /1 to 16 nodes/],
    [custom({ cells: { normal: { operations: "all" } } }), /not described/],
    [custom({}), /probabilities do not fit the space/],
  ].entries()) {
    const text = [first, ...rest].map((event) => JSON.stringify(event)).join("\n");
    await page.route(`**/run-${at}.jsonl`, (route) => route.fulfill({ contentType: "text/plain", body: text }));
    await page.locator("lambda-darts-cell").evaluate((one, name) => one.setAttribute("events", name), `run-${at}.jsonl`);
    await page.locator("lambda-darts-cell [role=alert]").filter({ hasText: pattern }).waitFor();
  }
});

test("its spaces are those of the library", async () => {
  const library = await import("../src/wasm/cpu/lambda_darts_wasm.js");
  await library.default({ module_or_path: await readFile(new URL("../src/wasm/cpu/lambda_darts_wasm_bg.wasm", import.meta.url)) });
  const { spaceOf } = await moduleOf("spaces.ts");
  const config = library.defaults("darts");
  const small = { name: "small", layout: "stacked", nodes: 2, inputs: 1, cells: { reduce: { operations: ["max_pool_3x3"] }, normal: { operations: ["skip_connect", "sep_conv_3x3"], edges: { "0->2": [], "1->2": ["noise"] } } } };
  for (const name of ["nas-bench-201", "darts", "darts-none", "s1", "s2", "s3", "s4"]) {
    assert.deepEqual(spaceOf({ ...config, space: name }), library.space(library.defaults(name)), name);
  }
  const own = { ...config, space: "small", custom_space: small };
  assert.deepEqual(spaceOf(own), library.space(own));
});
