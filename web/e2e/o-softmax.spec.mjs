/** The slow motion of one edge: its arrows are those of the events, by formulas written down here a second time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { madeRun } from "./made-runs.mjs";
import { assertLooks, assertShows, drawn, events, file, of, pick, reads, reportOf, slide, SMALL, stage } from "./support.mjs";

const { open, openFile } = stage();

const CANDIDATES = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"];
const range = (length) => [...Array(length).keys()];
const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
const norm = (a) => Math.sqrt(dot(a, a));
const near = (shown, expected, what) => {
  assert.equal(shown.length, expected.length, what);
  shown.forEach((value, at) => assert.ok(Math.abs(value - expected[at]) <= 1e-9, `${what}: ${shown}, not ${expected}`));
};

/** A run whose softmax hardens around `winner` on every edge, and whose cells have gradients. */
function withGradients(run, winner) {
  for (const event of of(run.events, "epoch")) {
    const { epoch } = event;
    if (run.events[0].config.method.alignment === undefined) event.lambda = 0;
    for (const report of event.cell_types) {
      const scores = report.probabilities.map((row, e) => row.map((_, k) => Math.exp((k === winner ? 0.8 * epoch : 0) + 0.1 * Math.sin(e + 2 * k + epoch))));
      report.probabilities = scores.map((row) => row.map((score) => score / row.reduce((a, b) => a + b)));
      const { saturation } = report;
      saturation.cells = saturation.cells.map((cell, l) => ({
        ...cell,
        gradient: report.probabilities.map((row, e) => row.map((_, k) => Number((0.01 * Math.cos(1.7 * l + 0.9 * e + 2.3 * k + epoch)).toPrecision(7)))),
      }));
    }
  }
  return run;
}

const LEFT = withGradients(madeRun({ name: "runs/darts", epochs: 3 }), 1);
const RIGHT = withGradients(madeRun({ name: "runs/aligned", method: "lambda-darts", epochs: 3 }), 3);
const RUNS = { left: LEFT, right: RIGHT };
const lines = (run, name) => file(name, run.events.map((event) => `${JSON.stringify(event)}\n`).join(""));

async function openRuns(options = {}) {
  const page = await open("", options);
  for (const [side, run] of Object.entries(RUNS)) {
    await pick(page, await lines(run, `${side}.jsonl`));
    await reads(page, "message", new RegExp(`is on the ${side}`));
  }
  await drawn(page);
  return page;
}

const panel = (side) => `#softmax .panel[data-side="${side}"]`;
const vectors = (page, side, what) =>
  page.locator(`${panel(side)} .arrow[data-what="${what}"]`).evaluateAll((all) => all.map(({ dataset }) => dataset.vector.split(",").map(Number)));

/** Every vector of an edge at an epoch: J(p) as a matrix, δ from the unit vectors of the whole gradients. */
function expected(run, at, edge) {
  const [{ probabilities, saturation }] = of(run.events, "epoch")[at - 1].cell_types;
  const p = probabilities[edge];
  const minus = (v) => v.map((value) => -value);
  const pulls = saturation.cells.map(({ gradient }) => minus(gradient[edge]));
  const sum = range(p.length).map((k) => pulls.reduce((total, pull) => total + pull[k], 0));
  const jacobian = range(p.length).map((i) => range(p.length).map((j) => (i === j ? p[i] : 0) - p[i] * p[j]));
  const whole = saturation.cells.map(({ gradient }) => gradient.flat());
  const units = whole.map((g) => g.map((value) => value / norm(g)));
  const together = range(whole[0].length).map((k) => units.reduce((total, u) => total + u[k], 0));
  const weight = 2 / (whole.length * (whole.length - 1));
  const turned = whole.map((g, l) => {
    const along = dot(units[l], together);
    const delta = together.map((value, k) => (weight / norm(g)) * (value - along * units[l][k]));
    return minus(g.map((value, k) => value + dot(g, g) * delta[k]).slice(edge * p.length, (edge + 1) * p.length));
  });
  return { p, pulls, sum, through: jacobian.map((row) => dot(row, sum)), turned };
}

test("the arrows are the gradients of the events, their sum and what J(p) leaves of it", async () => {
  const page = await openRuns();
  for (const [at, edge] of [[1, 0], [3, 0], [2, 4]]) {
    await slide(page, at);
    await page.getByTestId("softmax-edge").selectOption(String(edge));
    await drawn(page);
    for (const [side, run] of Object.entries(RUNS)) {
      const { p, pulls, sum, through, turned } = expected(run, at, edge);
      const cells = await vectors(page, side, "cell");
      pulls.forEach((pull, cell) => near(cells[cell], pull, `cell ${cell} of the ${side} run`));
      near((await vectors(page, side, "sum"))[0], sum, "the sum");
      near((await vectors(page, side, "through"))[0], through, "J(p) times the sum");
      const shown = await vectors(page, side, "turned");
      // Only the right one aligns its cells.
      assert.equal(shown.length, side === "right" ? 3 : 0);
      shown.forEach((vector, cell) => near(vector, turned[cell], `cell ${cell}, turned`));
      const bars = await page.getByTestId(`softmax-bars-${side}`).locator("li").evaluateAll((all) => all.map(({ dataset }) => [dataset.operation, Number(dataset.weight)]));
      assert.deepEqual(bars, CANDIDATES.map((operation, k) => [operation, p[k]]));
      const left = ((100 * norm(through)) / norm(sum)).toFixed(1);
      assert.ok((await page.locator(`${panel(side)} .facts`).innerText()).includes(`, ${left} %.`));
    }
  }
  assert.deepEqual(page.seen.complaints, []);
});

test("an epoch of a deeper supernet is drawn with its own cells", async () => {
  const run = structuredClone(LEFT);
  const epochs = of(run.events, "epoch");
  const { saturation } = epochs[2].cell_types[0];
  saturation.cells = [...saturation.cells, ...saturation.cells];
  saturation.cosines = range(6).map((row) => range(6).map((column) => (row === column ? 1 : 0.1 * (row + column) - 0.5)));
  const page = await open();
  await pick(page, await lines(run, "stages.jsonl"));
  await reads(page, "message", /is on the left/);
  for (const [at, count] of [[3, 6], [2, 3], [3, 6]]) {
    await slide(page, at);
    await assertShows(page, "left", epochs[at - 1]);
    const cells = await vectors(page, "left", "cell");
    assert.equal(cells.length, count);
    expected(run, at, 0).pulls.forEach((pull, cell) => near(cells[cell], pull, `cell ${cell} of epoch ${at}`));
  }
  assert.deepEqual(page.seen.complaints, []);
});

test("a search in the page shows the gradients of its own events", async () => {
  const page = await open(`?device=cpu&${SMALL}`);
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^1$/);
  await page.getByTestId("softmax-view").getByTestId("softmax-edge").selectOption("3");
  await drawn(page);
  for (const side of ["left", "right"]) {
    const [{ cell_types: [{ probabilities, saturation }] }] = of(await events(page, side), "epoch");
    const arrows = await vectors(page, side, "cell");
    assert.equal(arrows.length, saturation.cells.length);
    saturation.cells.forEach(({ gradient }, cell) => near(arrows[cell], gradient[3].map((value) => -value), `cell ${cell} of the ${side} run`));
    const bars = await page.getByTestId(`softmax-bars-${side}`).locator("li").evaluateAll((all) => all.map(({ dataset }) => Number(dataset.weight)));
    assert.deepEqual(bars, probabilities[3]);
  }
  assert.deepEqual(page.seen.complaints, []);
});

test("a point and an arrow lie where three weights put them", async () => {
  const page = await openRuns();
  await slide(page, 2);
  await page.getByTestId("softmax-corner-1").selectOption({ label: "none" });
  await drawn(page);
  // The strongest at the end, over both runs, are the winners and one more; the first of them has given way.
  const corners = await page.locator("#softmax select[name=corner]").evaluateAll((all) => all.map(({ value }) => Number(value)));
  assert.equal(corners[0], 0);
  const { p, sum } = expected(LEFT, 2, 0);
  const numbers = (text) => text.match(/-?[\d.]+/g).map(Number);
  const pairs = (flat) => range(flat.length / 2).map((at) => flat.slice(2 * at, 2 * at + 2));
  const path = async (selector) => pairs(numbers(await page.locator(`${panel("left")} ${selector}`).getAttribute("d")));
  const triangle = await path(".outline");
  const placed = (weights) => [0, 1].map((axis) => dot(weights, triangle.map((corner) => corner[axis])));
  const kept = corners.map((corner) => p[corner]);
  const point = page.locator(`${panel("left")} .point`);
  const here = [await point.getAttribute("cx"), await point.getAttribute("cy")].map(Number);
  placed(kept.map((weight) => weight / kept.reduce((a, b) => a + b))).forEach((value, axis) => assert.ok(Math.abs(value - here[axis]) < 0.05));
  const [from, to] = await path('.arrow[data-what="sum"] .wide');
  const flat = corners.map((corner) => sum[corner]);
  const mean = flat.reduce((a, b) => a + b) / 3;
  const direction = placed(flat.map((value) => value - mean));
  const drawnAs = [to[0] - from[0], to[1] - from[1]];
  assert.ok(dot(direction, drawnAs) / (norm(direction) * norm(drawnAs)) > 0.999, `${drawnAs} does not lie along ${direction}`);
});

test("corners change places, and a square of the heat map takes its edge", async () => {
  const page = await openRuns();
  const values = () => page.locator("#softmax select[name=corner]").evaluateAll((all) => all.map(({ value }) => Number(value)));
  const before = await values();
  assert.ok(before.includes(1) && before.includes(3), `the winners are not among the corners: ${before}`);
  await page.getByTestId("softmax-corner-1").selectOption(String(before[2]));
  await drawn(page);
  assert.deepEqual(await values(), [before[2], before[1], before[0]]);
  await page.locator('#saturation .panel[data-side="right"] g.square[data-cell="0"][data-edge="4"]').click();
  await drawn(page);
  assert.equal(await page.getByTestId("softmax-edge").inputValue(), "4");
  near((await vectors(page, "left", "sum"))[0], expected(LEFT, 3, 4).sum, "the sum on edge 4");
});

test("slow motion goes from epoch to epoch, and the page goes with it", async () => {
  const page = await openRuns();
  await slide(page, 2);
  await page.getByTestId("softmax-play").click();
  assert.equal(await page.getByTestId("softmax-play").innerText(), "Pause");
  // Held at once where it is: the machine may be busy.
  await page.waitForFunction(() => {
    const on = /^Epoch 2\.[2-8]$/.test(document.querySelector('[data-testid="softmax-moment"]').textContent);
    if (on) document.querySelector('[data-testid="softmax-play"]').click();
    return on;
  });
  await drawn(page);
  const shown = await page.locator(`${panel("left")} .point`).evaluate(({ dataset }) => dataset.p.split(",").map(Number));
  const [a, b] = [2, 3].map((at) => expected(LEFT, at, 0).p);
  const share = (shown[1] - a[1]) / (b[1] - a[1]);
  assert.ok(share > 0.1 && share < 0.95, `${share} of the way`);
  near(shown, a.map((value, k) => value + share * (b[k] - value)), "p on the way");
  await page.getByTestId("softmax-play").click();
  await reads(page, "softmax-moment", /^Epoch 3\.0$/);
  await reads(page, "epoch", /^3$/);
  await reads(page, "softmax-play", /^Play slowly$/);
  // At the end it begins again; a pause holds it.
  await page.getByTestId("softmax-play").click();
  await reads(page, "epoch", /^1$/);
  await page.getByTestId("softmax-play").click();
  await drawn(page);
  assert.match(await page.getByTestId("softmax-moment").innerText(), /^Epoch 1\.\d$/);
});

test("with reduced motion it goes in steps", async () => {
  const page = await openRuns({ reducedMotion: "reduce" });
  await slide(page, 1);
  await page.evaluate(() => {
    const moment = document.querySelector('[data-testid="softmax-moment"]');
    window.moments = new Set();
    new MutationObserver(() => window.moments.add(moment.textContent)).observe(moment, { childList: true, characterData: true, subtree: true });
  });
  await page.getByTestId("softmax-play").click();
  await reads(page, "softmax-moment", /^Epoch 3\.0$/);
  assert.deepEqual(await page.evaluate(() => [...window.moments]), ["Epoch 2.0", "Epoch 3.0"]);
});

test("a run of an earlier build has no arrows, and a wrong gradient is refused", async () => {
  const page = await open();
  await pick(page, await lines(madeRun({ name: "old" }), "old.jsonl"));
  await reads(page, "message", /is on the left/);
  await drawn(page);
  assert.equal(await page.locator(`${panel("left")} .arrow`).count(), 0);
  assert.match(await page.locator(`${panel("left")} .facts`).innerText(), /earlier build/);
  assert.match(await page.locator(`${panel("right")} .drawing`).evaluate((host) => getComputedStyle(host, "::after").content), /after the first epoch/);
  const wrong = structuredClone(LEFT);
  of(wrong.events, "epoch")[1].cell_types[0].saturation.cells[0].gradient[2].pop();
  await pick(page, await lines(wrong, "wrong.jsonl"));
  await reads(page, "message", /wrong\.jsonl, line 3: gradient is not a list of 5 numbers/);
});

test("the report has it, too", async () => {
  const page = await openFile(await reportOf([LEFT, RIGHT]));
  await drawn(page);
  for (const [side, run] of Object.entries(RUNS)) near((await vectors(page, side, "through"))[0], expected(run, 3, 0).through, side);
  await page.getByTestId("softmax-play").click();
  await reads(page, "epoch", /^1$/);
  assert.deepEqual(page.seen.complaints, []);
});

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [820, 1180], [390, 844]]) {
    test(`it looks right: ${colorScheme} at ${width} pixels`, async () => {
      const page = await openRuns({ colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
      await page.locator("#softmax summary").click();
      await drawn(page);
      await assertLooks(page, width);
    });
  }
}
