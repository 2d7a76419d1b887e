/** Black-box searches in a report, alone and beside others: a table, and the best fitness by evaluation. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { madeRun } from "./made-runs.mjs";
import { CELL, genotypeOf, madeTraining } from "./made-trainings.mjs";
import { assertLooks, download, drawn, reads, reportOf, stage } from "./support.mjs";

const { openFile } = stage();

/** A search by a searcher that finds these fitnesses. */
function madeSearcher({ name, searcher = "evolution", seed = 0, fitnesses, cost }) {
  const { space } = madeRun({ name });
  const head = (seconds) => ({ version: 3, seconds });
  const evaluations = fitnesses.map((fitness, at) => ({
    evaluation: at + 1,
    fitness,
    best: Math.max(...fitnesses.slice(0, at + 1)),
    seconds_simulated: cost === undefined ? null : cost * (at + 1),
    seconds: 0.25 * (at + 1),
  }));
  const config = { space: "nas-bench-201", seed, searcher: { name: searcher, population: 10, sample: 3 }, budget: { evaluations: fitnesses.length } };
  const benchmark = { cifar10_valid: 0.91, cifar10_test: 0.937, rank: 12, cells: 15_625 };
  const events = [
    { ...head(0), event: "searcher_start", config, cells: 15_625 },
    { ...head(1), event: "searcher_epoch", epoch: 1, evaluations: fitnesses.length, genotype: genotypeOf(CELL), fitness: Math.max(...fitnesses), benchmark },
    { ...head(1.5), event: "searcher_end", genotype: genotypeOf(CELL), accuracies: benchmark },
  ];
  return { name, space, events, evaluations, notations: [{ darts: null, nas_bench_201: CELL }], environment: null };
}

const FIRST = madeSearcher({ name: "runs/evolution-0", fitnesses: [0.5, 0.4, 0.9, 0.7], cost: 120 });
const SECOND = madeSearcher({ name: "runs/random-1", searcher: "random", seed: 1, fitnesses: [0.6, 0.8] });

async function openRuns(runs, options = {}) {
  const page = await openFile(await reportOf(runs), options);
  await drawn(page);
  return page;
}

test("the plot and the table of black-box searches have their numbers", async () => {
  const page = await openRuns([FIRST, SECOND]);
  assert.match(await page.title(), /^Search report/);
  for (const [at, { evaluations }] of [FIRST, SECOND].entries()) {
    const shown = await page.locator(`#searchers .series.hue-${at}.dash-${at} circle`).evaluateAll((all) => all.map(({ dataset }) => Number(dataset.value)));
    assert.deepEqual(shown, evaluations.map(({ best }) => best));
  }
  assert.deepEqual(await page.locator("#searchers .readings span").allInnerTexts(), ["90.00 %", "80.00 %"]);
  assert.match(await page.locator("#searchers .plots svg").getAttribute("aria-label"), /At evaluation 4:/);
  const row = page.getByTestId("searchers-table").locator("tbody tr").nth(0);
  const texts = (await row.locator("th, td").allInnerTexts()).slice(0, 8);
  assert.deepEqual(texts, ["runs/evolution-0", "regularized evolution", "NAS-Bench-201", "0", "4", "90.00 %", "93.70 %", "12 of 15625"]);
  const simulated = page.getByTestId("searchers-table").locator('tbody [data-column="simulated"]');
  assert.deepEqual(await simulated.evaluateAll((all) => all.map(({ dataset }) => dataset.value)), ["480", ""]);
  assert.equal(await row.locator('[data-column="cell"]').innerText(), CELL);
  const [head, ...lines] = (await download(page, "export-searchers")).bytes.toString().trim().split("\n");
  const rows = lines.map((line) => Object.fromEntries(line.split(",").map((value, at) => [head.split(",")[at], value])));
  assert.deepEqual(rows.map(({ method, evaluation, best }) => [method, Number(evaluation), Number(best)]), [
    ...FIRST.evaluations.map(({ evaluation, best }) => ["evolution", evaluation, best]),
    ...SECOND.evaluations.map(({ evaluation, best }) => ["random", evaluation, best]),
  ]);
  assert.deepEqual(page.seen.complaints, []);
});

test("they stand beside searches with a supernet and trainings, and a broken one is left out by name", async () => {
  const broken = { ...SECOND, name: "runs/broken", evaluations: SECOND.evaluations.toReversed() };
  const page = await openRuns([madeRun({ name: "runs/search" }), FIRST, broken, madeTraining({ name: "runs/trained" })]);
  await reads(page, "message", /runs\/broken is left out: the evaluations are not in order/);
  for (const id of ["heatmap", "searchers", "trainings"]) assert.ok(await page.getByTestId(id).isVisible(), id);
  assert.equal(await page.getByTestId("searchers-table").locator("tbody tr").count(), 1);
  assert.deepEqual(await page.locator("#contents li b").allInnerTexts(), ["runs/search", "runs/evolution-0", "runs/trained"]);
  assert.deepEqual(page.seen.complaints, []);
});

for (const colorScheme of ["light", "dark"]) {
  test(`it looks right: ${colorScheme}`, async () => {
    const page = await openRuns([FIRST, SECOND], { colorScheme, viewport: { width: 390, height: 844 }, reducedMotion: "reduce" });
    await assertLooks(page, 390);
  });
}
