/** Both searches on the CPU device; what is drawn is what the events say; nothing leaves the origin. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertCurves, assertShows, builtIn, download, events, mainThread, of, parseLines, pick, reads, slide, SMALL, stage, text, timeless, worthOf } from "./support.mjs";

const { open } = stage();

test("both searches run on the CPU and the page shows their events", async () => {
  const page = await open(`?device=cpu&images=1600&${SMALL}`);
  assert.equal(await text(page, "epoch"), "0");
  assert.equal(await page.getByTestId("pause").isEnabled(), false);
  await page.getByTestId("play").click();
  // Both in one look: the search goes on between two.
  await page.waitForFunction(() => {
    const [status, pause] = ["status-left", "pause"].map((id) => document.querySelector(`[data-testid="${id}"]`));
    return /Epoch 1 of 2, step \d+/.test(status.textContent) && !pause.disabled;
  });
  await reads(page, "status-left", /Finished after 2 epochs/, 300_000);
  await reads(page, "status-right", /Finished after 2 epochs/, 300_000);
  assert.equal(await text(page, "epoch"), "2");
  assert.match(await text(page, "device"), /cpu/i);

  const runs = { left: await events(page, "left"), right: await events(page, "right") };
  assert.equal(runs.left[0].config.method.name, "darts");
  assert.equal(runs.right[0].config.method.name, "lambda-darts");
  for (const [side, all] of Object.entries(runs)) {
    const [epochs, steps] = [of(all, "epoch"), of(all, "step")];
    assert.equal(epochs.length, 2);
    assert.equal(steps.length, 2 * all[0].steps);
    assert.ok(epochs[1].train_loss < epochs[0].train_loss, `${side}: the training loss does not fall`);
    assert.ok(epochs[1].valid_loss < epochs[0].valid_loss, `${side}: the validation loss does not fall`);
    await assertShows(page, side, epochs[1]);
    await assertCurves(page, side, epochs);
  }
  // The same seed and images, and no regularizer in the first epoch: both sides begin alike.
  assert.deepEqual(timeless(of(runs.left, "step"))[0], timeless(of(runs.right, "step"))[0]);

  await slide(page, 1);
  for (const side of ["left", "right"]) await assertShows(page, side, of(runs[side], "epoch")[0]);

  const outside = page.seen.requests.filter((address) => !address.startsWith(page.origin) && !address.startsWith("blob:"));
  assert.deepEqual(outside, []);
  assert.deepEqual(page.seen.complaints, []);
});

test("Fashion-MNIST is built in, and so is what each cell reaches", async () => {
  const page = await open("?device=cpu&epochs=2&images=128&batch=32&train=0");
  assert.equal(await page.getByTestId("set-data").inputValue(), "fashion");
  // The pictures are shown before there is a search, the accuracies are not.
  await page.getByTestId("samples").locator("li").nth(9).waitFor();
  assert.deepEqual([builtIn(page, "fashion_train").length, builtIn(page, "cifar10_test").length], [1, 0]);
  await page.getByTestId("play").click();
  for (const side of ["left", "right"]) await reads(page, `status-${side}`, /Finished after 2 epochs/, 300_000);
  for (const side of ["left", "right"]) {
    const all = await events(page, side);
    assert.deepEqual([all[0].config.data.set, all[0].config.data.images], ["fashion", 128]);
    const epochs = of(all, "epoch");
    assert.equal(epochs.length, 2);
    for (const { benchmark } of epochs) {
      const { cifar10_test, rank, cells } = benchmark;
      assert.ok(cifar10_test >= 0.1 && cifar10_test <= 0.95, `${side}: ${cifar10_test}`);
      assert.ok(Number.isInteger(rank) && rank >= 1 && rank <= cells, `${side}: rank ${rank}`);
      assert.equal(cells, 15_625);
    }
    await assertShows(page, side, epochs[1]);
    await assertCurves(page, side, epochs);
  }
  assert.equal(await page.locator('[data-plot="table-accuracy"]').isVisible(), true);
  // Once for each search at most, and from nowhere else.
  for (const [name, before] of [["fashion_train", 1], ["cifar10_test", 0]]) {
    const asked = builtIn(page, name).length - before;
    assert.ok(asked <= 2, `${name}: ${asked} requests`);
  }
  // Test images come with the trainings.
  assert.deepEqual(builtIn(page, "fashion_test"), []);
  assert.deepEqual(page.seen.requests.filter((address) => !address.startsWith(`${page.origin}/`) && !address.startsWith("blob:")), []);
  assert.deepEqual(page.seen.sent, []);
  assert.deepEqual(page.seen.complaints, []);
});

test("the policy refuses every other origin", async () => {
  const page = await open();
  const refused = await page.evaluate(() => fetch("https://example.com/").then(() => "answered", (error) => error.name));
  assert.equal(refused, "TypeError");
  assert.ok(page.seen.complaints.some((complaint) => complaint.includes("Content Security Policy")), page.seen.complaints.join());
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  assert.ok(policy.includes("default-src 'none'") && !policy.includes("unsafe-inline") && !policy.includes("'unsafe-eval'"));
});

test("without λ both sides are one search", async () => {
  const page = await open(`?device=cpu&lambda=0&${SMALL}`);
  await page.getByTestId("play").click();
  for (const side of ["left", "right"]) await reads(page, `status-${side}`, /Finished/, 300_000);
  const [left, right] = [await events(page, "left"), await events(page, "right")];
  assert.ok(left.length > 10);
  assert.deepEqual(timeless(left).slice(1), timeless(right).slice(1));
});

test("no task of the page takes 100 ms", async () => {
  for (const query of [SMALL, "preset=darts-space&data=digits&cells=5&epochs=2&images=64&batch=16&channels=2&train=2"]) {
    const page = await open(`?device=cpu&${query}`);
    const tasks = await mainThread(page, async () => {
      await page.getByTestId("play").click();
      await reads(page, "status-left", /Finished/, 300_000);
      await reads(page, "status-right", /Finished/, 300_000);
    });
    const longest = Math.max(...tasks);
    assert.ok(tasks.length > 100 && longest < 100, `${query}: the longest of ${tasks.length} tasks took ${longest} ms`);
  }
});

test("pause holds, step takes one step, reset forgets", async () => {
  // Long enough that nobody comes too late to pause it.
  const page = await open(`?device=cpu&epochs=200&${SMALL}`);
  await page.getByTestId("step").click();
  await reads(page, "status-left", /step 1 of \d+ · paused/);
  await reads(page, "status-right", /step 1 of \d+ · paused/);
  await page.getByTestId("step").click();
  await reads(page, "status-left", /step 2 of \d+ · paused/);
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^1$/);
  await reads(page, "status-right", /paused/);
  const before = await events(page, "left");
  assert.equal(of(before, "step").length, before[0].steps);
  await page.getByTestId("reset").click();
  await reads(page, "epoch", /^0$/);
  assert.equal(await text(page, "genotype-left"), "");

  // Once more from the start, in one go: the same search.
  await page.getByTestId("play").click();
  await reads(page, "epoch", /^1$/);
  await page.getByTestId("pause").click();
  await reads(page, "status-left", /paused/);
  const again = await events(page, "left");
  assert.deepEqual(timeless(again).slice(0, before.length), timeless(before));
});

test("a table that is dropped stands in for the built-in accuracies", async () => {
  const page = await open(`?device=cpu&epochs=1&${SMALL}`);
  const plot = page.locator('[data-plot="table-accuracy"]');
  const point = plot.locator(".series.left circle");
  const facts = page.locator('#cell .panel[data-side="left"] .facts');
  await page.getByTestId("play").click();
  await reads(page, "status-left", /Finished/);
  // The notation is asked for when the search has ended, and comes a little later.
  await reads(page, "genotype-left", /^\|/);
  const cell = await text(page, "genotype-left");
  const { benchmark: known } = of(await events(page, "left"), "epoch")[0];
  assert.ok(known.cifar10_test >= 0.1 && known.cifar10_test <= 0.95 && known.cells === 15_625, JSON.stringify(known));
  assert.equal(await plot.isVisible(), true);
  assert.equal(await point.getAttribute("data-value"), String(known.cifar10_test));
  assert.equal((await facts.innerText()).split("\n")[0], worthOf(known));
  const asked = builtIn(page, "cifar10_test").length;
  assert.ok(asked >= 1);
  // Images of another set are not loaded.
  assert.deepEqual(builtIn(page, "fashion_train"), []);

  const head = "index,arch,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test,params_m,c10_train_s";
  await pick(page, { name: "table.csv", mimeType: "text/csv", buffer: Buffer.from(`${head}\n7,${cell},40,54.3,15,15.6,16.4,16.3,0.073,574\n`) });
  await reads(page, "message", /a table of 1 cells/);
  await page.getByTestId("reset").click();
  await page.getByTestId("play").click();
  await reads(page, "status-left", /Finished/);
  // Drawn with the first epoch, in one of the frames after it.
  await reads(page, "genotype-left", /^\|/);
  assert.equal(await point.getAttribute("data-value"), "0.543");
  assert.match(await facts.innerText(), /^Trained in full: 54\.3 %, rank 1 of 1\n/);
  const { bytes } = await download(page, "export-events-left");
  const { cifar10_test, rank, cells } = of(parseLines(bytes.toString()), "epoch")[0].benchmark;
  assert.deepEqual([cifar10_test, rank, cells], [0.543, 1, 1]);
  assert.equal(builtIn(page, "cifar10_test").length, asked);
  assert.deepEqual(page.seen.complaints, []);
});
