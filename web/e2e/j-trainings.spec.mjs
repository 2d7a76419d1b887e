/** Trainings in a report, alone and beside searches: curves, tables, cells, evaluations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ENVIRONMENT, madeRun } from "./made-runs.mjs";
import { CELL, madeEvaluation, madeTraining } from "./made-trainings.mjs";
import { assertLooks, assertShows, download, drawn, of, reads, reportOf, stage } from "./support.mjs";

const { openFile } = stage();

const OTHER = CELL.replace("nor_conv_3x3~0", "skip_connect~0");
const evaluation = madeEvaluation();
const FIRST = madeTraining({ name: "runs/one", accuracy: 0.9, evaluation, environment: ENVIRONMENT });
const SECOND = madeTraining({ name: "runs/two", seed: 1, epochs: 4, accuracy: 0.8, cell: OTHER, dropPath: 0.2, lr: 0.05, ended: false });
const SEARCH = madeRun({ name: "runs/search" });
const epochsOf = (run) => of(run.events, "training_epoch");

async function openRuns(runs, options = {}) {
  const page = await openFile(await reportOf(runs), options);
  await drawn(page);
  return page;
}

const values = (row) => row.locator("[data-value]").evaluateAll((all) => Object.fromEntries(all.map(({ dataset }) => [dataset.column, dataset.value])));
const visible = (page, ids) => Promise.all(ids.map((id) => page.getByTestId(id).isVisible()));

test("the curves and the table of trainings have the events' numbers", async () => {
  const runs = [FIRST, SECOND];
  const page = await openRuns(runs);
  assert.match(await page.title(), /^Training report/);
  const lines = { "test-accuracy": "test_accuracy", "train-accuracy": "train_accuracy", "test-loss": "test_loss", "train-loss": "train_loss", lr: "lr", "gradient-norm": "gradient_norm" };
  for (const [line, key] of Object.entries(lines)) {
    for (const [at, run] of runs.entries()) {
      const shown = await page.locator(`#learning .series.hue-${at}.dash-${at}[data-line="${line}"] circle`).evaluateAll((all) => all.map(({ dataset }) => Number(dataset.value)));
      assert.deepEqual(shown, epochsOf(run).map((epoch) => epoch[key]), `${line} of ${run.name}`);
    }
  }
  assert.deepEqual(await page.getByTestId("learning-legend").locator("li").allInnerTexts(), ["runs/one", "runs/two"]);
  for (const [at, run] of runs.entries()) {
    const last = epochsOf(run).at(-1);
    const [{ config }] = run.events;
    const expected = { run: run.name, recipe: "small", space: "nas-bench-201", seed: config.seed, parameters: run.parameters, epochs: config.epochs, time: run.events.at(-1).seconds };
    for (const key of ["test_accuracy", "test_top5", "test_loss", "train_loss"]) expected[key] = last[key];
    const shown = await values(page.getByTestId("trainings").locator("tbody tr").nth(at));
    assert.deepEqual(shown, Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, String(value)])));
  }
  const differing = await page.getByTestId("training-differences").locator("tbody th").allInnerTexts();
  assert.deepEqual(differing, ["seed", "epochs", "network.drop_path", "weights.lr"]);

  // The readings follow the slider.
  await page.getByTestId("training-slider").press("Home");
  await reads(page, "training-epoch", /^1 of 6$/);
  await drawn(page);
  assert.deepEqual(await page.locator('#learning [data-plot="test-accuracy"] .readings span').allInnerTexts(), ["52.50 %", "50.00 %"]);

  const cells = page.locator("#trained-cells .panel");
  assert.deepEqual(await cells.locator("h3").allInnerTexts(), ["runs/one", "runs/two"]);
  assert.deepEqual(await cells.locator("pre").allInnerTexts(), [CELL, OTHER]);
  const kept = await cells.nth(1).locator(".edges path").evaluateAll((all) => all.map(({ dataset }) => dataset.derived));
  assert.deepEqual(kept, ["skip_connect", "none", "skip_connect", "avg_pool_3x3", "none", "nor_conv_1x1"]);
  assert.deepEqual(page.seen.complaints, []);
});

test("an evaluation has its confusions, classes and mistakes", async () => {
  const page = await openRuns([SECOND, FIRST]);
  await reads(page, "measures", /^1,000 test images · accuracy 91\.00 % · .*calibration error 3\.12 % · mean confidence 94\.12 %$/);
  const rows = page.locator("#confusion tbody tr");
  const counts = await rows.evaluateAll((all) => all.map((row) => [...row.querySelectorAll("[data-count]")].map(({ dataset }) => Number(dataset.count))));
  assert.deepEqual(counts, evaluation.confusion);
  assert.equal(await rows.nth(3).innerText().then((text) => text.replaceAll(/\s+/g, " ")), "dress 94 6 94.0 %");
  assert.deepEqual(await page.locator("#confusion thead th").allTextContents(), ["Class", ...evaluation.classes, "Accuracy"]);
  const shares = await page.locator("#classes li").evaluateAll((all) => all.map(({ dataset }) => Number(dataset.value)));
  assert.deepEqual(shares, evaluation.by_class);
  const mistakes = page.locator("#mistakes li");
  assert.equal(await mistakes.count(), 24);
  assert.deepEqual(await mistakes.nth(0).locator("span").allInnerTexts(), ["pullover, 99.0 %", "is trouser"]);
  assert.ok(await mistakes.nth(0).locator("img").evaluate((picture) => picture.complete && picture.naturalWidth === 1));
  // Of two trainings, one was evaluated.
  assert.deepEqual(await page.getByTestId("evaluated").locator("option").allInnerTexts(), ["runs/one"]);
  assert.deepEqual(page.seen.complaints, []);
});

test("a report has what its runs are: searches, trainings or both", async () => {
  const ids = ["heatmap", "summary", "trainings", "learning", "confusion"];
  for (const [runs, expected] of [
    [[SEARCH], [true, true, false, false, false]],
    [[SECOND], [false, false, true, true, false]],
    [[SEARCH, FIRST, SECOND], [true, true, true, true, true]],
  ]) {
    const page = await openRuns(runs);
    assert.deepEqual(await visible(page, ids), expected);
    if (runs.includes(SEARCH)) await assertShows(page, "left", of(SEARCH.events, "epoch").at(-1));
    assert.equal(await page.locator("#contents li").count(), runs.length);
    assert.deepEqual(page.seen.complaints, []);
    await page.context().close();
  }
  const page = await openRuns([SEARCH, FIRST]);
  const [head, ...lines] = (await download(page, "export-learning")).bytes.toString().trim().split("\n");
  const rows = lines.map((line) => Object.fromEntries(line.split(",").map((value, at) => [head.split(",")[at], value])));
  assert.deepEqual(rows.map(({ run }) => run), [...Array(4).fill("runs/search"), ...Array(6).fill("runs/one")]);
  assert.deepEqual(rows.slice(4).map(({ test_accuracy, recipe, method }) => [Number(test_accuracy), recipe, method]), epochsOf(FIRST).map((epoch) => [epoch.test_accuracy, "small", ""]));
});

test("a training that is not one is left out by name", async () => {
  const change = (more) => ({ ...FIRST, name: "runs/broken", ...more });
  const wrongEpoch = FIRST.events.map((event) => (event.event === "training_epoch" ? { ...event, test_accuracy: 2 } : event));
  for (const [run, what] of [
    [change({ events: wrongEpoch }), /runs\/broken is left out: test_accuracy is not between 0 and 1/],
    [change({ genotype: { cells: [] } }), /runs\/broken is left out: the genotype/],
    [change({ evaluation: { ...evaluation, confusion: [[1]] } }), /runs\/broken is left out: the confusions/],
    [change({ evaluation: { ...evaluation, mistakes: [{ ...evaluation.mistakes[0], picture: "https://example.com/a.png" }] } }), /the picture of a mistake/],
  ]) {
    const page = await openRuns([run, SECOND]);
    await reads(page, "message", what);
    assert.equal(await page.getByTestId("trainings").locator("tbody tr").count(), 1);
    assert.deepEqual(page.seen.complaints, []);
    await page.context().close();
  }
});

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    test(`it looks right: ${colorScheme} at ${width} pixels`, async () => {
      const page = await openRuns([FIRST, SECOND], { colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
      await assertLooks(page, width);
    });
  }
}
