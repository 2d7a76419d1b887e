/** After the searches: the race of both trainings, its price in numbers, and what the networks take test images for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertLooks, download, drawn, events, moduleOf, of, parseLines, reads, SMALL, stage, text } from "./support.mjs";

const { open } = stage();

/** A search and two trainings of seconds, on Fashion-MNIST, which has test images of its own. */
const STORY = "?device=cpu&epochs=1&images=300&batch=32&channels=3&train=2";
const SIDES = ["left", "right"];
const CLOTHES = ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];
const FREE = ["none", "skip_connect", "avg_pool_3x3"];

const inPercent = (share) => `${(100 * share).toFixed(1)} %`;
const trainingEvents = async (page, side) => parseLines((await download(page, `export-training-${side}`)).bytes.toString());
const points = (page, side) =>
  page.getByTestId("race").locator(`.race-chart .series.${side} .point`).evaluateAll((all) => all.map(({ dataset }) => [Number(dataset.epoch), Number(dataset.value)]));

for (const [width, height] of [[1440, 900], [390, 844]]) {
  test(`the first screen has a sentence, Play and both cells, at ${width} pixels`, async () => {
    const page = await open("", { viewport: { width, height } });
    await drawn(page);
    for (const selector of [".lede", '[data-testid="play"]', ...SIDES.map((side) => `#cell .panel.first[data-side="${side}"] .cell-graph`)]) {
      const { x, y, ...size } = await page.locator(selector).boundingBox();
      assert.ok(x >= 0 && y >= 0 && x + size.width <= width && y + size.height <= height, `${selector}: ${JSON.stringify({ x, y, ...size })}`);
    }
    // One sentence.
    assert.equal((await page.locator(".lede").innerText()).match(/[.!?](\s|$)/g).length, 1);
  });
}

test("both cells are trained, race, and are asked about test images", async () => {
  const page = await open(STORY);
  const samples = page.getByTestId("samples").locator("li");
  await samples.nth(9).waitFor();
  assert.deepEqual(await samples.allInnerTexts(), CLOTHES);
  await drawn(page);
  const bright = await samples.locator("canvas").evaluateAll((all) =>
    all.map((canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((level, at) => at % 4 === 0 && level > 50).length),
  );
  assert.ok(bright.length === 10 && bright.every((count) => count > 40), bright.join());
  for (const side of SIDES) {
    assert.equal(await text(page, `accuracy-${side}`), "–");
    assert.match(await text(page, `progress-${side}`), /^Trained for 2 epochs when both searches have ended/);
  }

  await page.getByTestId("play").click();
  const verdict = await reads(page, "verdict", /reaches/, 300_000);
  assert.equal(await page.getByTestId("verdict").getAttribute("role"), "status");
  const found = {};
  for (const side of SIDES) {
    const [{ config }] = await events(page, side);
    const [{ genotype }] = of(await events(page, side), "end");
    const all = await trainingEvents(page, side);
    const epochs = of(all, "training_epoch");
    const [start, end] = [all[0], all.at(-1)];
    assert.deepEqual([start.event, end.event, epochs.length], ["training_start", "training_end", 2]);
    const { seed, network, data } = start.config;
    assert.deepEqual([seed, network.channels, network.cells, data.set, data.images], [config.seed, Math.ceil(config.supernet.channels / 2), 3, "fashion", 300]);
    assert.deepEqual(await points(page, side), epochs.map(({ epoch, test_accuracy }) => [epoch, test_accuracy]));
    assert.equal(await text(page, `accuracy-${side}`), inPercent(end.test_accuracy));
    assert.equal(await text(page, `progress-${side}`), "Trained for 2 epochs");
    const operations = genotype.cells[0].nodes.flat().map(([operation]) => operation);
    const free = operations.filter((operation) => FREE.includes(operation)).length;
    assert.ok(verdict.includes(`${free} of ${operations.length} operations without weights, reaches ${inPercent(end.test_accuracy)}`), verdict);
    found[side] = end.test_accuracy;
  }

  // Every test image is asked about, and the answers are those that the accuracies stand for.
  await page.locator("#answers").waitFor();
  await drawn(page);
  const [total, both, left, right, neither] = (await page.locator("#answers-note").innerText()).match(/\d[\d,]*/g).map((count) => Number(count.replace(",", "")));
  assert.deepEqual([total, both + left + right + neither], [1000, 1000]);
  assert.deepEqual([both + left, both + right], SIDES.map((side) => Math.round(1000 * found[side])));
  const grid = page.getByTestId("test-images");
  assert.equal(await grid.locator("label").count(), 40);
  assert.equal(await grid.locator(".mark").count(), 80);

  // The answers of the chosen image, and where the networks differ.
  await page.locator('input[name="asked"][value="differ"]').check({ force: true });
  await drawn(page);
  assert.equal(await grid.locator("label").count(), Math.min(40, left + right));
  if (left + right > 0) {
    for (const label of await grid.locator("label").all()) assert.equal(await label.locator(".right-answer").count(), 1);
    await grid.locator("input").last().check({ force: true });
    const name = await grid.locator("input:checked").getAttribute("aria-label");
    const [, own] = /^Test image \d+, (.*): DARTS/.exec(name);
    assert.match(await page.locator("#chosen-note").innerText(), new RegExp(`: ${own}$`));
    for (const side of SIDES) {
      const shares = await page.getByTestId("probabilities").locator(`td.${side}`).evaluateAll((all) => all.map((cell) => Number(cell.style.getPropertyValue("--share"))));
      assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-4, shares.join());
      const best = CLOTHES[shares.indexOf(Math.max(...shares))];
      const said = await text(page, `answer-${side}`);
      assert.equal(said, `${best} ${inPercent(Math.max(...shares))} ${best === own ? "✓" : "✗"}`);
    }
  }
  for (const side of SIDES) {
    const worst = await page.getByTestId(`mistakes-${side}`).locator("b").allInnerTexts();
    const confidences = worst.map((words) => Number(/([\d.]+)\s%$/.exec(words)[1]));
    assert.ok(confidences.length > 0 && confidences.every((one, at) => at === 0 || one <= confidences[at - 1]), worst.join());
  }

  // Whatever is drawn can be asked about, too.
  await page.locator(".draw-examples button").nth(1).click();
  for (const side of SIDES) await reads(page, `prediction-${side}`, /\d %/);
  await page.getByTestId("clear-drawing").click();
  for (const side of SIDES) await reads(page, `prediction-${side}`, /^–$/);
  const canvas = page.getByTestId("draw");
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width } = await canvas.boundingBox();
  await page.mouse.move(x + width / 2, y + width / 4);
  await page.mouse.down();
  await page.mouse.move(x + width / 2, y + (3 * width) / 4, { steps: 6 });
  await page.mouse.up();
  await reads(page, "draw-verdict", /^(Both|They)/);
  await drawn(page);
  for (const side of SIDES) {
    const [, name, share] = /^(.+) ([\d.]+ %)$/.exec(await text(page, `prediction-${side}`));
    const shares = await page.locator(`#draw .predictions .${side}`).evaluateAll((all) => all.map((one) => Number(one.style.getPropertyValue("--share"))));
    assert.deepEqual([name, share], [CLOTHES[shares.indexOf(Math.max(...shares))], inPercent(Math.max(...shares))]);
  }

  // The runs that are kept have the accuracies.
  for (const side of SIDES) {
    const kept = page.getByTestId("runs").locator(`tbody tr[data-side="${side}"] [data-column="test-accuracy"][data-value="${found[side]}"]`);
    await kept.waitFor({ state: "attached" });
  }

  await assertLooks(page, 1440);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  await drawn(page);
  await assertLooks(page, 390);
  await page.getByTestId("reset").click();
  await reads(page, "accuracy-left", /^–$/);
  assert.equal(await page.locator("#answers").isVisible(), false);
  assert.equal(await text(page, "verdict"), "");
  assert.deepEqual(page.seen.complaints, []);
});

test("trainings pause, go on, and are taken up again when they die", async () => {
  const page = await open(`?device=cpu&epochs=1&images=300&batch=32&channels=2&train=20`);
  await page.getByTestId("play").click();
  for (const side of SIDES) await reads(page, `progress-${side}`, /^Epoch \d+ of 20, step/, 300_000);
  await page.getByTestId("pause").click();
  for (const side of SIDES) await reads(page, `progress-${side}`, /paused$/);
  const before = await text(page, "progress-left");
  await page.waitForTimeout(300);
  assert.equal(await text(page, "progress-left"), before);
  assert.equal(await page.getByTestId("pause").isEnabled(), false);

  const epochs = (await points(page, "left")).length;
  await page.getByTestId("step-epoch").click();
  await page.locator("#training .race-chart .series.left .point").nth(epochs).waitFor({ state: "attached" });
  assert.equal((await points(page, "left")).length, epochs + 1);
  for (const side of SIDES) await reads(page, `progress-${side}`, /paused$/);
  // Two workers train; they are the last ones.
  await page.workers().at(-1).evaluate(() => void setTimeout(() => { throw new Error("the device was lost"); }));
  await reads(page, "message", /The training of the cells stopped: .*the device was lost/);
  await page.getByRole("button", { name: "Train on" }).click();
  await reads(page, "message", /^$/);
  for (const side of SIDES) await reads(page, `progress-${side}`, /^Trained for 20 epochs/, 300_000);
  for (const side of SIDES) {
    assert.deepEqual((await points(page, side)).map(([epoch]) => epoch), Array.from({ length: 20 }, (_, at) => at + 1));
  }
});

test("without epochs of training there is no race", async () => {
  const page = await open(`?device=cpu&epochs=1&${SMALL}`);
  await page.getByTestId("play").click();
  for (const side of SIDES) await reads(page, `status-${side}`, /Finished/, 300_000);
  assert.equal(await text(page, "progress-left"), "Not trained: the settings give it no epoch.");
  assert.equal(await page.getByTestId("play").isEnabled(), false);
  assert.equal(await page.locator(".race-chart .point").count(), 0);
});

test("the sentence about the price is honest", async () => {
  const { verdict, chance } = await moduleOf("verdict.ts");
  const cell = (free) => ({ cells: [{ kind: "normal", inputs: 1, nodes: [Array.from({ length: 6 }, (_, at) => [at < free ? "skip_connect" : "nor_conv_3x3", 0])], output: [1] }] });
  const trained = (label, free, accuracy) => ({ label, genotype: cell(free), accuracy });
  const [skips, half, convolutions] = [6, 3, 1].map((free) => (accuracy, label = "DARTS") => trained(label, free, accuracy));
  assert.match(verdict(skips(0.7), convolutions(0.85, "Λ-DARTS"), 1000), /^The collapse of DARTS cost 15\.0 points of test accuracy: the cell of DARTS, with 6 of 6 operations without weights, reaches 70\.0 %; the cell of Λ-DARTS, with 1 of 6 .* 85\.0 %\.$/);
  assert.match(verdict(convolutions(0.85), skips(0.7, "Λ-DARTS"), 1000), /^The other way round here: the collapse of Λ-DARTS cost 15\.0 points/);
  assert.match(verdict(skips(0.85), convolutions(0.7, "Λ-DARTS"), 1000), /^DARTS is 15\.0 points of test accuracy ahead, though its cell has no fewer operations without weights/);
  assert.match(verdict(trained("DARTS", 2, 0.7), convolutions(0.85, "Λ-DARTS"), 1000), /^Λ-DARTS is 15\.0 points .* neither cell has collapsed/);
  assert.match(verdict(half(0.84), convolutions(0.85, "Λ-DARTS"), 1000), /^No gap beyond chance: 1\.0 points .* on 1,000 test images chance makes up to 3\.2 points\./);
  assert.match(verdict(half(0.84), half(0.84, "Λ-DARTS"), 1000), /^Both searches have found the same cell/);
  // 1.96 standard deviations of the difference of two shares.
  assert.ok(Math.abs(chance(0.5, 0.5, 800) - 1.96 * Math.sqrt(0.5 / 800)) < 1e-12);
});
