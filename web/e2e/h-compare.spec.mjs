/** Several runs in a report: which two it opens on, how they differ, and their means over seeds. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { ENVIRONMENT, madeRun } from "./made-runs.mjs";
import { assertCurves, assertLooks, download, drawn, mean, of, reads, reportOf, slide, stage } from "./support.mjs";

const { openFile } = stage();

/** Sample standard deviation. */
const deviation = (values) => Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));
const close = (shown, expected, what) => assert.ok(Math.abs(shown - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${what}: ${shown}, not ${expected}`);
const epochsOf = (run) => of(run.events, "epoch");

const seeds = (method, all, more = {}) => all.map((seed) => madeRun({ name: `runs/${method}-${seed}`, method, seed, ...more }));
const DARTS = seeds("darts", [0, 1, 2]);
const LAMBDA = seeds("lambda-darts", [1, 2], { regularizer: (epoch) => 0.5 * 8 ** (epoch - 1), environment: ENVIRONMENT });
const RUNS = [...DARTS, ...LAMBDA];

async function openRuns(runs, options = {}) {
  const page = await openFile(await reportOf(runs), options);
  await drawn(page);
  return page;
}

const shownRuns = async (page, runs) => Promise.all(["left", "right"].map(async (side) => runs[await page.getByTestId(`run-${side}`).inputValue()].name));

const cellsOf = (row) => row.locator("[data-column]").evaluateAll((all) => Object.fromEntries(all.map((one) => [one.dataset.column, { text: one.textContent, value: one.dataset.value }])));

test("a report opens on two methods with one seed, else on two settings, and not on two seeds of one search", async () => {
  const other = madeRun({ name: "runs/strong", method: "lambda-darts", seed: 2, config: { "method.alignment.lambda": 0.5 } });
  for (const [runs, expected] of [
    [RUNS, ["runs/darts-1", "runs/lambda-darts-1"]],
    [[...DARTS, LAMBDA[0]], ["runs/darts-1", "runs/lambda-darts-1"]],
    [[DARTS[0], DARTS[2], LAMBDA[0]], ["runs/darts-0", "runs/lambda-darts-1"]],
    [[...LAMBDA, other], ["runs/lambda-darts-2", "runs/strong"]],
    [DARTS, ["runs/darts-0", "runs/darts-1"]],
  ]) {
    const page = await openRuns(runs);
    assert.deepEqual(await shownRuns(page, runs), expected);
    assert.deepEqual(page.seen.complaints, []);
    await page.context().close();
  }
});

test("runs that differ only in the seed have means", async () => {
  const strong = madeRun({ name: "runs/strong", method: "lambda-darts", seed: 1, config: { "method.alignment.lambda": 0.5 }, ended: false });
  // The same search once more adds nothing.
  const again = { ...DARTS[1], name: "elsewhere/darts-1" };
  const page = await openRuns([...RUNS, strong, again]);
  const rows = page.getByTestId("groups").locator("tbody tr");
  assert.equal(await rows.count(), 3);
  for (const [at, name, runs] of [[0, "DARTS", DARTS], [1, "Λ-DARTS, method.alignment.lambda 0.25", LAMBDA]]) {
    const cells = await cellsOf(rows.nth(at));
    assert.equal(cells.group.text, name);
    assert.deepEqual([cells.n.text, cells.seeds.text], [String(runs.length), runs.map(({ events: [{ config }] }) => config.seed).join(", ")]);
    const last = runs.map((run) => epochsOf(run).at(-1));
    const expected = {
      alignment: last.map(({ cell_types: [{ alignment }] }) => alignment),
      "parameter-free": last.map(({ parameter_free }) => parameter_free),
      "supernet-accuracy": last.map(({ supernet_accuracy }) => supernet_accuracy),
      "table-accuracy": last.map(({ benchmark }) => benchmark.cifar10_test),
    };
    for (const [key, values] of Object.entries(expected)) close(Number(cells[key].value), mean(values), `${name}, ${key}`);
    const [middle, spread] = [mean, deviation].map((over) => (100 * over(expected["table-accuracy"])).toFixed(2));
    assert.equal(cells["table-accuracy"].text, `${middle} ± ${spread} %`);
  }
  const single = await cellsOf(rows.nth(2));
  assert.equal(single.group.text, "Λ-DARTS, method.alignment.lambda 0.5");
  assert.equal(single.n.text, "1, 1 unfinished");
  assert.doesNotMatch(single.alignment.text, /±/);
  // Single runs keep their own table.
  assert.equal(await page.getByTestId("summary").locator("tbody tr").count(), RUNS.length + 2);
});

test("curves show runs, or means with their deviation", async () => {
  const page = await openRuns(RUNS);
  await assertCurves(page, "left", epochsOf(DARTS[1]));
  await assertCurves(page, "right", epochsOf(LAMBDA[0]));
  await page.getByTestId("curves-means").check({ force: true });
  await drawn(page);
  const points = page.locator('[data-plot="valid-loss"] .series.left circle');
  const shown = await points.evaluateAll((all) => all.map(({ dataset }) => [dataset.epoch, dataset.value, dataset.deviation].map(Number)));
  assert.equal(shown.length, 4);
  shown.forEach(([epoch, value, spread], at) => {
    const values = DARTS.map((run) => epochsOf(run)[at].valid_loss);
    assert.equal(epoch, at + 1);
    close(value, mean(values), `mean of epoch ${epoch}`);
    close(spread, deviation(values), `deviation of epoch ${epoch}`);
  });
  assert.match(await page.locator('[data-plot="valid-loss"] .series.left .band').getAttribute("d"), /^M/);
  assert.match(await page.locator("#legend").innerText(), /DARTS, mean of 3 seeds and\s+Λ-DARTS, mean of 2 seeds/);
  assert.match(await page.locator('[data-plot="valid-loss"] svg').getAttribute("aria-label"), /DARTS, mean of 3 seeds [\d.]+ ± [\d.]+/);
  // Two seeds of one search have one mean.
  await page.getByTestId("run-right").selectOption("0");
  await drawn(page);
  assert.equal(await page.locator('[data-plot="valid-loss"] .series').count(), 1);
  assert.doesNotMatch(await page.locator("#legend").innerText(), /Λ-DARTS/);
  await page.getByTestId("curves-runs").check({ force: true });
  await drawn(page);
  assert.equal(await page.locator('[data-plot="valid-loss"] .series').count(), 2);
  assert.deepEqual(page.seen.complaints, []);
});

test("gradient norms far apart have a logarithmic axis with the clip, and curvature is shown where it was measured", async () => {
  const plain = await openRuns(RUNS);
  const ticks = (page) => page.locator('[data-plot="gradient-norms"] .grid .y text').allTextContents();
  const powers = await ticks(plain);
  assert.ok(powers.length >= 3 && powers.every((tick) => Number.isInteger(Math.log10(Number(tick)))), powers.join());
  assert.deepEqual(await plain.locator('[data-plot="gradient-norms"] .limits text').allTextContents(), ["clip 5"]);
  assert.equal(await plain.locator('[data-plot="gradient-norms"] .series.right[data-line="regularizer-gradient-norm"] circle').count(), 4);
  assert.equal(await plain.locator('[data-plot="gradient-norms"] .series.left[data-line="regularizer-gradient-norm"] circle').count(), 0);
  assert.equal(await plain.locator('[data-plot="curvature"]').isVisible(), false);
  assert.match(await plain.locator('#cell .panel[data-side="right"] .facts').innerText(), /100\.0 % of the steps clipped/);

  const measured = madeRun({ name: "runs/curved", curvature: true, config: { "weights.clip": 1e9 } });
  const page = await openRuns([measured]);
  assert.equal(await page.locator('[data-plot="curvature"]').isVisible(), true);
  assert.equal(await page.locator('[data-plot="curvature"] .series.left circle').count(), 4);
  assert.equal((await ticks(page))[0], "0");
  // A clip that nothing comes near is left out.
  assert.equal(await page.locator('[data-plot="gradient-norms"] .limits text').count(), 0);
  const { curvature } = epochsOf(measured).at(-1);
  assert.equal((await cellsOf(page.getByTestId("summary").locator("tbody tr"))).curvature.value, String(curvature));
});

test("saturation has a unit in which it can be read", async () => {
  for (const [saturation, pattern] of [[0.4, /saturation 40\.0 %/], [0.0012, /saturation 1\.20 ‰/], [0.00002, /saturation 20\.0 ppm/]]) {
    const page = await openRuns([madeRun({ name: "runs/one", saturation })]);
    assert.match(await page.locator('#cell .panel[data-side="left"] .facts').innerText(), pattern);
    const [unit] = /\S+$/.exec(pattern.source.replaceAll("\\", ""));
    assert.ok((await page.locator('[data-plot="saturation"] .grid .y text').last().textContent()).endsWith(` ${unit}`));
    assert.match((await cellsOf(page.getByTestId("summary").locator("tbody tr"))).saturation.text, new RegExp(`${unit}$`));
    await page.context().close();
  }
});

test("the operations of the derived cell are counted", async () => {
  const page = await openRuns(RUNS);
  for (const at of [1, 3]) {
    await slide(page, at);
    await drawn(page);
    const { operations, parameter_free } = epochsOf(DARTS[1])[at - 1];
    const shown = await page.getByTestId("operations-left").locator("li").evaluateAll((all) => all.map(({ dataset, innerText }) => [dataset.operation, innerText.split(/\s+/)]));
    assert.deepEqual(shown.map(([operation]) => operation), ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]);
    for (const [operation, words] of shown) assert.deepEqual(words, [operation, String(operations[operation] ?? 0)]);
    assert.match(await page.locator('#cell .panel[data-side="left"] .facts').innerText(), new RegExp(`No weights ${parameter_free} of 6`));
  }
});

test("settings, machine and time of every run are there, and what differs comes first", async () => {
  const page = await openRuns(RUNS);
  const rows = await page.getByTestId("differences").locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map(({ textContent }) => textContent)));
  assert.deepEqual(rows, [
    ["method.name", "darts", "lambda-darts"],
    ["data.dir", "/scratch/runs/darts-1", "/scratch/runs/lambda-darts-1"],
    ["method.alignment.measure", "left out", "cosine"],
    ["method.alignment.lambda", "left out", "0.25"],
  ]);
  const right = page.getByTestId("made-right");
  assert.equal(await right.locator(".facts").innerText(), "2025-11-30 00:48 UTC · 10.5 s, 2.5 s an epoch · on CPU");
  await right.locator(".environment summary").click();
  const about = await right.locator(".environment dl").innerText();
  for (const part of ["lambda-darts 0.1.0, commit 5c7e2b4", "lambda-darts search --out 'runs/it'\\''s mine'", "linux, x86_64", "Some Processor, avx2, 1 thread", "digits, 1,797 images, 899 for training, 898 for validation, 2 classes, 1 channel, 8 × 8 pixels", "9f86d081"]) {
    assert.ok(about.includes(part), `${part} is not in ${about}`);
  }
  await right.locator(".settings summary").click();
  const settings = await right.locator(".settings dl").innerText();
  for (const part of ["weights.momentum\n0.9", "architecture.betas\n0.5, 0.999", "method.alignment.lambda\n0.25"]) assert.ok(settings.includes(part), settings);
  assert.equal(await right.locator(".settings mark").count(), 4);
  // A run without environment.json.
  assert.equal(await page.getByTestId("made-left").locator(".environment").isVisible(), false);
  assert.equal(await page.getByTestId("made-left").locator(".facts").innerText(), "10.5 s, 2.5 s an epoch · on CPU");
  // The seeds of one search differ in the seed and in the folder of the images.
  await page.getByTestId("run-right").selectOption("2");
  await drawn(page);
  assert.deepEqual(await page.getByTestId("differences").locator("tbody th").allTextContents(), ["seed", "data.dir"]);
});

test("an environment of any shape is only left out", async () => {
  const wrong = [{ program: 7, date: [], cpu: "x", command: "rm", data: { size: {}, classes: 3, images: "<b>" } }, "text", [1]];
  const page = await openRuns(wrong.map((environment, seed) => madeRun({ name: `runs/${seed}`, seed, environment })));
  assert.equal(await page.getByTestId("summary").locator("tbody tr").count(), 3);
  assert.equal(await page.getByTestId("made-left").locator(".environment").isVisible(), false);
  assert.deepEqual(page.seen.complaints, []);
});

test("curves as CSV have the columns of the command's own", async () => {
  const page = await openRuns(RUNS);
  const [head, ...lines] = (await download(page, "export-curves")).bytes.toString().trim().split("\n");
  const source = await readFile(new URL("../../cli/src/report/curves.rs", import.meta.url), "utf8");
  const [, columns] = /const COLUMNS: \[&str; \d+\] = \[([^\]]*)\]/.exec(source);
  assert.deepEqual(head.split(","), [...columns.matchAll(/"(\w+)"/g)].map(([, name]) => name));
  assert.equal(lines.length, 4 * RUNS.length);
  const row = Object.fromEntries(lines.at(-1).split(",").map((value, at) => [head.split(",")[at], value]));
  const epoch = epochsOf(LAMBDA[1]).at(-1);
  const numbers = { epoch: 4, parameter_free: epoch.parameter_free, gradient_norm: epoch.gradient_norm, loss_gradient_norm: epoch.loss_gradient_norm, regularizer_gradient_norm: epoch.regularizer_gradient_norm, clipped: 1, seconds: 10, cifar10_test: epoch.benchmark.cifar10_test };
  for (const [key, value] of Object.entries(numbers)) assert.equal(Number(row[key]), value, key);
  assert.equal(row.curvature, "");
});

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    test(`means and settings look right: ${colorScheme} at ${width} pixels`, async () => {
      const page = await openRuns(RUNS, { colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
      await page.getByTestId("curves-means").check({ force: true });
      for (const summary of await page.locator("summary").all()) if (await summary.isVisible()) await summary.click();
      await drawn(page);
      await assertLooks(page, width);
    });
  }
}
