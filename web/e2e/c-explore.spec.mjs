/** The slider, the address, a run that was made elsewhere, and what can be taken away. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { assertCurves, assertShows, download, drawn, events, file, of, parseLines, pick, reads, slide, SMALL, stage, text, timeless } from "./support.mjs";

const { open } = stage();
const folder = process.env.LAMBDA_DARTS_RUN;
const without = folder === undefined && "LAMBDA_DARTS_RUN names no run directory";

test("a native run is opened, explored and given back", { skip: without }, async () => {
  const path = join(folder, "events.jsonl");
  const native = parseLines(await readFile(path, "utf8"));
  const epochs = of(native, "epoch");
  assert.ok(native[0].config.space === "nas-bench-201" && epochs.length >= 2, "the run is too short, or on another space");
  const page = await open();
  await pick(page, path);
  await reads(page, "epoch", new RegExp(`^${epochs.length}$`));
  const side = native[0].config.method.name === "darts" ? "left" : "right";
  assert.match(await text(page, `status-${side}`), /events\.jsonl/);
  assert.match(await text(page, "device"), /recorded/);
  assert.equal(await page.getByTestId("slider").getAttribute("max"), String(epochs.length));
  await assertCurves(page, side, epochs);
  for (const at of new Set([1, Math.ceil(epochs.length / 2), epochs.length])) {
    await slide(page, at);
    await assertShows(page, side, epochs[at - 1]);
  }
  assert.deepEqual(await events(page, side), native);
  assert.equal(await page.getByTestId("play").isEnabled(), false);
  await page.getByTestId("reset").click();
  await reads(page, "epoch", /^0$/);
  assert.deepEqual(page.seen.complaints, []);
});

test("the slider also moves by the keyboard, and plots lead to epochs", { skip: without }, async () => {
  const page = await open();
  await pick(page, join(folder, "events.jsonl"));
  await reads(page, "message", /events\.jsonl is on the (left|right)/);
  await reads(page, "epoch", /^[1-9]\d*$/);
  await page.getByTestId("slider").focus();
  await page.keyboard.press("Home");
  await reads(page, "epoch", /^1$/);
  await page.keyboard.press("ArrowRight");
  await reads(page, "epoch", /^2$/);
  const plot = page.locator('[data-plot="valid-loss"] svg');
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  await page.mouse.click(box.x + 42, box.y + 60);
  await reads(page, "epoch", /^1$/);
  await page.locator("#follow").click();
  await reads(page, "epoch", new RegExp(`^${await page.getByTestId("slider").getAttribute("max")}$`));

  // The heat map is one stop of the Tab key; the arrows move in it and the card says what is there.
  const side = (await page.locator('#saturation .panel[data-side="left"] g.square').count()) > 0 ? "left" : "right";
  await page.locator(`#saturation .panel[data-side="${side}"] g.square[tabindex="0"]`).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  const focused = await page.evaluate(() => ({ ...document.activeElement.dataset, label: document.activeElement.getAttribute("aria-label") }));
  assert.deepEqual([focused.edge, focused.cell], ["1", "1"]);
  assert.match(focused.label, new RegExp(`asks for ${focused.asks}`));
  assert.match(await page.locator(".tip").innerText(), new RegExp(focused.asks));
});

test("a folder's file dropped anywhere on the page is opened too", { skip: without }, async () => {
  const content = await readFile(join(folder, "events.jsonl"), "utf8");
  const page = await open();
  await page.evaluate((lines) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([lines], "events.jsonl"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, content);
  await reads(page, "message", /events\.jsonl is on the (left|right)/);
});

test("every setting makes the round trip through the address", async () => {
  const page = await open();
  assert.equal(new URL(page.url()).search, "");
  const values = {
    "set-measure": "sign",
    "set-lambda": "0.5",
    "set-epsilon": "0.001",
    "set-estimator": "frozen",
    "set-schedule": "constant",
    "set-parameter_free_share.share": "0.25",
    "set-parameter_free_share.after": "0.5",
    "set-parameter_free_share.ends": "yes",
    "set-sharpness.window": "3",
    "set-lr": "0.05",
    "set-arch_lr": "0.003",
    "set-order": "architecture-first",
    "set-unrolled": "yes",
    "set-curvature": "yes",
    "set-channels": "3",
    "set-cells": "2",
    "set-epochs": "7",
    "set-batch": "16",
    "set-train": "3",
    "set-data": "digits",
    "set-images": "100",
    "set-size": "6",
    "set-seed": "42",
    "device-choice": "cpu",
    "method-left": "lambda-darts-sign",
    "method-right": "darts",
  };
  await page.locator("#more summary").click();
  for (const [id, value] of Object.entries(values)) {
    const control = page.getByTestId(id);
    if ((await control.evaluate((one) => one.tagName)) === "SELECT") await control.selectOption(value);
    else {
      await control.fill(value);
      await control.blur();
    }
  }
  const reduce = page.getByTestId("set-cell_types").getByRole("checkbox", { name: "reduce" });
  assert.equal(await reduce.isChecked(), false);
  await reduce.check();
  const address = page.url();
  assert.equal(new URL(address).searchParams.size, Object.keys(values).length + 1);

  const read = async (from) => Object.fromEntries(await Promise.all(Object.keys(values).map(async (id) => [id, await from.getByTestId(id).inputValue()])));
  const again = await open(new URL(address).search);
  assert.deepEqual(await read(again), values);
  assert.equal(await again.getByTestId("set-cell_types").locator("input:checked").count(), 2);
  assert.equal(again.url(), address);
  // The page opens at rest.
  assert.equal(await text(again, "status-left"), "Ready.");

  // The search gets exactly these.
  await again.getByTestId("step-epoch").click();
  await reads(again, "epoch", /^1$/, 300_000);
  const [{ config }] = await events(again, "left");
  assert.equal(config.measures.curvature, true);
  const { name, alignment, parameter_free_share, sharpness } = config.method;
  assert.deepEqual(
    [name, alignment.measure, alignment.lambda, alignment.epsilon, alignment.estimator, alignment.schedule, alignment.cell_types],
    ["lambda-darts-sign", "sign", 0.5, 0.001, "frozen", "constant", ["normal", "reduce"]],
  );
  assert.deepEqual([parameter_free_share, sharpness.window, sharpness.ends], [{ share: 0.25, after: 0.5, ends: true }, 3, false]);
  assert.deepEqual([config.weights.lr, config.architecture.lr, config.architecture.order, config.architecture.unrolled], [0.05, 0.003, "architecture-first", true]);
  assert.deepEqual([config.supernet.channels, config.supernet.cells, config.epochs, config.batch, config.seed], [3, 2, 7, 16, 42]);
  assert.deepEqual([config.data.set, config.data.images, config.data.size], ["digits", 100, 6]);
  // The other method lacks the part, so that it must not come with its settings.
  const [{ config: plain }] = await events(again, "right");
  assert.deepEqual([plain.method.name, plain.method.alignment, plain.method.parameter_free_share], ["darts", undefined, parameter_free_share]);
});

test("the form has the parts of the methods that are chosen", async () => {
  const page = await open();
  await page.locator("#more summary").click();
  const [lambda, share] = [page.getByTestId("set-lambda"), page.getByTestId("set-parameter_free_share.share")];
  assert.deepEqual([await lambda.isVisible(), await share.isVisible()], [true, true]);
  await page.getByTestId("method-right").selectOption("darts");
  assert.deepEqual([await lambda.isVisible(), await share.isVisible()], [false, true]);
  await page.getByTestId("method-left").selectOption("lambda-darts-sign");
  assert.equal(await lambda.isVisible(), true);
  // A blank measure is that of the method, so that both methods can stand side by side.
  assert.equal(await page.getByTestId("set-measure").inputValue(), "");
  await lambda.fill("");
  await lambda.blur();
  assert.equal(await lambda.getAttribute("aria-invalid"), "true");
});

test("spaces and presets have addresses, and an unknown one is said", async () => {
  const page = await open();
  await page.getByTestId("space").selectOption("s2");
  await page.waitForURL(/space=s2/);
  const again = await open(new URL(page.url()).search);
  assert.equal(await again.getByTestId("space").inputValue(), "s2");
  await again.locator('#cell .panel[data-side="left"] .edges path').nth(13).waitFor({ state: "attached" });
  // Fourteen edges, and two cell types to switch between.
  assert.equal(await again.locator('#cell .panel[data-side="left"] .edges path').count(), 14);
  assert.equal(await again.locator("#cell-types").isVisible(), true);

  const wrong = await open("?seed=-3&space=s9&epochs=5");
  const said = await text(wrong, "message");
  assert.ok(said.includes("seed=-3") && said.includes("space=s9"), said);
  assert.equal(await wrong.getByTestId("set-epochs").inputValue(), "5");
});

test("what is taken away is what is shown", async () => {
  const page = await open(`?device=cpu&${SMALL}`);
  await page.getByTestId("play").click();
  await reads(page, "status-left", /Finished/, 300_000);
  await reads(page, "status-right", /Finished/, 300_000);
  await slide(page, 1);
  await drawn(page);
  const genotypes = JSON.parse((await download(page, "export-genotype")).bytes.toString());
  for (const side of ["left", "right"]) {
    const epoch = of(await events(page, side), "epoch")[0];
    assert.deepEqual(genotypes[side].genotype, epoch.genotype);
    assert.equal(genotypes[side].epoch, 1);
    assert.equal(genotypes[side].nas_bench_201, await text(page, `genotype-${side}`));

    const svg = await download(page, `export-cell-${side}`);
    const drawing = svg.bytes.toString();
    assert.match(svg.name, /cell-epoch-1\.svg$/);
    assert.ok(drawing.startsWith("<svg") && !/style=|class=|var\(|oklab/.test(drawing), "the drawing needs a style sheet");
    const parts = await page.evaluate((source) => {
      const parsed = new DOMParser().parseFromString(source, "image/svg+xml");
      return [parsed.querySelectorAll("parsererror").length, parsed.querySelectorAll("path").length];
    }, drawing);
    assert.deepEqual(parts, [0, 6]);

    const { bytes } = await download(page, `export-heatmap-${side}`);
    assert.deepEqual([...bytes.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
    const size = await page.locator(`#saturation .panel[data-side="${side}"] .drawing svg`).evaluate((one) => one.viewBox.baseVal.width);
    assert.equal(bytes.readUInt32BE(16), 3 * size);
  }
  assert.deepEqual(page.seen.complaints, []);
});

/** A batch file of CIFAR-10's layout: each class has a colour and a stripe of its own, under some noise. */
function batch(images) {
  const bytes = Buffer.alloc(images * 3073);
  let state = 1;
  for (let image = 0; image < images; image += 1) {
    const label = image % 10;
    bytes[image * 3073] = label;
    for (let at = 0; at < 3072; at += 1) {
      const [channel, row] = [at >> 10, (at >> 5) & 31];
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const pattern = (label >> channel) & 1 ? 150 : 50;
      bytes[image * 3073 + 1 + at] = pattern + (row % 10 === label ? 60 : 0) + (state >>> 27);
    }
  }
  return bytes;
}

test("a CIFAR-10 batch is searched on here and sent nowhere", async () => {
  const path = await file("data_batch_1.bin", batch(600));
  const small = { device: "cpu", epochs: "3", batch: "16", channels: "4", lambda: "0.5", train: "0" };
  const page = await open(`?${new URLSearchParams(small)}`);
  await pick(page, path);
  await reads(page, "message", /^data_batch_1\.bin: 600 images of CIFAR-10\. The next search uses 600 of them, shrunk to 16 pixels\./);
  // The settings follow the file, those of the address stay, and the address has them all.
  assert.equal(await page.getByTestId("set-data").inputValue(), "cifar10");
  assert.equal(await page.getByTestId("set-size").inputValue(), "16");
  assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), { ...small, data: "cifar10", images: "600", size: "16" });

  await page.getByTestId("play").click();
  for (const side of ["left", "right"]) await reads(page, `status-${side}`, /Finished after 3 epochs/, 300_000);
  const runs = { left: await events(page, "left"), right: await events(page, "right") };
  for (const [side, [{ config, steps }, ...rest]] of Object.entries(runs)) {
    assert.deepEqual([config.data.set, config.data.size, config.data.images], ["cifar10", 16, 600], side);
    assert.equal(of(rest, "step").length, 3 * steps);
    for (const { train_loss, valid_loss } of [...of(rest, "step"), ...of(rest, "epoch")]) {
      assert.ok(Number.isFinite(train_loss) && Number.isFinite(valid_loss), `${side}: ${train_loss}, ${valid_loss}`);
    }
    // Classes that are this plain are learned, if labels and pixels were read as they are.
    const { supernet_accuracy } = of(rest, "epoch")[2];
    assert.ok(supernet_accuracy > 0.4, `${side}: the supernet's accuracy is ${supernet_accuracy}`);
  }

  // A link to it begins nothing without the file, and with it repeats the search.
  const again = await open(new URL(page.url()).search);
  await again.getByTestId("play").click();
  await reads(again, "message", /Drop one of its files/);
  assert.equal(await text(again, "status-left"), "Ready.");
  await pick(again, path);
  await reads(again, "message", /600 images of CIFAR-10/);
  assert.equal(again.url(), page.url());
  await again.getByTestId("play").click();
  await reads(again, "status-right", /Finished after 3 epochs/, 300_000);
  assert.deepEqual(timeless(await events(again, "right")), timeless(runs.right));

  // A smaller file lowers the number: more images than there are cannot be drawn.
  await pick(page, await file("data_batch_2.bin", batch(60)));
  await reads(page, "message", /^data_batch_2\.bin: 60 images of CIFAR-10\. The next search uses 60 of them/);
  assert.equal(new URL(page.url()).searchParams.get("images"), "60");

  for (const { origin, seen } of [page, again]) {
    assert.deepEqual(seen.requests.filter((address) => !address.startsWith(`${origin}/`) && !address.startsWith(`blob:${origin}/`)), []);
    // Nothing has a body, and only the page itself has a query.
    assert.deepEqual(seen.sent, []);
    assert.equal(seen.requests.filter((address) => address.includes("?")).length, 1);
    assert.deepEqual(seen.complaints, []);
  }
});
