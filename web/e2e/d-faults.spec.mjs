/** Faults are said, and the page lives on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { download, drawn, events, file, of, parseLines, pick, reads, SMALL, stage, text, timeless } from "./support.mjs";

const { open, openFile } = stage();

test("without an adapter the searches fall back to the CPU and say so", async () => {
  const page = await open(`?device=webgpu&${SMALL}`);
  await page.getByTestId("step").click();
  await reads(page, "message", /no WebGPU adapter.*CPU/);
  await reads(page, "status-left", /step 1 of/);
  assert.match(await text(page, "device"), /^cpu/i);
});

test("corrupt files are named and the page goes on", async () => {
  const page = await open(`?device=cpu&${SMALL}`);
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^1$/);
  const good = (await download(page, "export-events-left")).bytes.toString();
  const [start, ...rest] = parseLines(good);
  const epoch = of(rest, "epoch")[0];
  const lines = (...all) => all.map((one) => `${JSON.stringify(one)}\n`).join("");
  const bent = structuredClone(epoch);
  bent.cell_types[0].saturation.cells[0].asks[0] = 99;
  const short = structuredClone(epoch);
  short.cell_types[0].probabilities[2] = [1];
  const deep = `${"[".repeat(200_000)}\n`;

  const cases = [
    ["events.jsonl", Buffer.from([0, 255, 3, 4, 10, 200, 1]), /events\.jsonl, line 1: not JSON/],
    ["events.jsonl", "", /events\.jsonl: empty/],
    ["events.jsonl", deep, /line 1: /],
    ["events.jsonl", good.slice(good.indexOf("\n") + 1), /line 1: the first event is not the start/],
    ["events.jsonl", lines(start), /no epoch in it has ended/],
    ["events.jsonl", lines({ ...start, version: 2 }, epoch), /line 1: not an event of version 3/],
    ["events.jsonl", lines({ ...start, config: { ...start.config, space: "s9" } }), /line 1: .*s9/],
    ["events.jsonl", lines(start, bent), /line 2: a cell asks for an operation/],
    ["events.jsonl", lines(start, short), /line 2: probabilities/],
    ["events.jsonl", lines(start, { ...epoch, warnings: [7] }), /line 2: warnings/],
    ["events.jsonl", lines(start, { ...epoch, benchmark: { rank: 1, cells: 2 } }), /line 2: benchmark is wrong/],
    ["events.jsonl", lines(start, { ...epoch, benchmark: { cifar10_test: 0.9, rank: "1", cells: 2 } }), /line 2: benchmark is wrong/],
    ["events.jsonl", lines(start, { ...epoch, benchmark: { cifar10_test: 90, rank: 1, cells: 2 } }), /line 2: benchmark is wrong/],
    ["events.jsonl", lines(start, { ...epoch, operations: { skip_connect: -1 } }), /line 2: operations are not counted/],
    ["events.jsonl", lines(start, { ...epoch, clipped: 40 }), /line 2: clipped is not between 0 and 1/],
    ["events.jsonl", lines(start, { ...epoch, epoch: 0 }), /line 2: the epochs are not in order/],
    ["events.jsonl", lines(start, epoch, epoch), /line 3: the epochs are not in order/],
    ["data_batch_1.bin", Buffer.alloc(3074), /3074 bytes are not a whole number of images/],
    ["data_batch_1.bin", Buffer.alloc(3073, 77), /image 1 has the label 77/],
    ["table.csv", "a,b\n1,2\n", /lacks arch and c10_test/],
    ["letter.odt", "PK", /not a file this page knows/],
  ];
  for (const [name, content, said] of cases) {
    await pick(page, await file(name, content));
    await reads(page, "message", said);
  }
  // The searches that were there before are there still.
  assert.equal(await text(page, "epoch"), "1");
  await page.getByTestId("step").click();
  await reads(page, "status-left", /Epoch 2 of 2, step 1/);
  await pick(page, await file("events.jsonl", good));
  await reads(page, "message", /is on the left/);
  assert.deepEqual(page.seen.complaints, []);
});

test("settings that the library refuses are explained", async () => {
  const page = await open(`?device=cpu&images=10&batch=1000&${SMALL}`);
  await page.getByTestId("play").click();
  await reads(page, "message", /could not begin: \S+/);
  assert.equal(await page.getByTestId("play").isEnabled(), true);
});

test("a table that cannot be read is explained", async () => {
  const page = await open(`?device=cpu&${SMALL}`);
  await pick(page, await file("table.csv", "index,arch,c10_test\n1,|x|,ninety\n"));
  await reads(page, "message", /a table of 1 cells/);
  await page.getByTestId("play").click();
  await reads(page, "message", /could not begin: \S+/);
});

test("an instance that dies is reported and restarted where it was", async () => {
  // Images and accuracies are files, which the restored search needs again.
  const query = "?device=cpu&epochs=4&images=200&batch=32&channels=4&train=0";
  const page = await open(query);
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^1$/);
  await reads(page, "status-right", /paused/);
  // The last two workers are the searches; the other one answers questions.
  const workers = page.workers();
  assert.equal(workers.length, 3);
  await workers[1].evaluate(() => void setTimeout(() => { throw new Error("the device was lost"); }));
  await reads(page, "message", /The (left|right) search stopped: .*the device was lost/);
  await page.getByRole("button", { name: "Restart it" }).click();
  await reads(page, "message", /^$/);
  await reads(page, "status-left", /paused|Ready/);
  await reads(page, "status-right", /paused|Ready/);
  await page.getByTestId("play").click();
  await reads(page, "status-left", /Finished/, 300_000);
  const whole = await open(query);
  await whole.getByTestId("play").click();
  await reads(whole, "status-left", /Finished/, 300_000);
  await reads(page, "status-right", /Finished/, 300_000);
  await reads(whole, "status-right", /Finished/, 300_000);
  for (const side of ["left", "right"]) {
    assert.deepEqual(timeless(await events(page, side)), timeless(await events(whole, side)), side);
  }
});

test("a drawing that fails is said, and the others are drawn", async () => {
  const page = await open(`?device=cpu&${SMALL}`);
  // What every heat map calls, and nothing else that comes before the other drawings.
  await page.evaluate(() => {
    const { setAttribute } = Element.prototype;
    Element.prototype.setAttribute = function (name, value) {
      if (name === "data-asks") throw new Error("no heat map today");
      return setAttribute.call(this, name, value);
    };
  });
  await page.getByTestId("step-epoch").click();
  await reads(page, "message", /went wrong: no heat map today/);
  await reads(page, "status-left", /paused/);
  await reads(page, "status-right", /paused/);
  await drawn(page);
  assert.ok((await page.locator('#agreement .panel[data-side="right"] g.entry').count()) >= 9);
  assert.equal(await page.locator('[data-plot="valid-loss"] .series circle').count(), 2);
});

test("built-in files that cannot be loaded are said, and can be tried again", async () => {
  const page = await open("?device=cpu&epochs=1&images=64&batch=32&channels=2&train=0");
  const blocked = new Set(["fashion_train", "cifar10_test"]);
  await page.context().route("**/*.bin", (route) => ([...blocked].some((name) => route.request().url().includes(`/${name}-`)) ? route.abort() : route.continue()));
  await page.getByTestId("play").click();
  await reads(page, "message", /could not begin: the (images of Fashion-MNIST|accuracies of NAS-Bench-201) could not be loaded: \S+/);
  blocked.delete("cifar10_test");
  await page.getByTestId("play").click();
  await reads(page, "message", /could not begin: the images of Fashion-MNIST could not be loaded: \S+/);
  await reads(page, "status-left", /^Ready\.$/);
  // The digits are in a file of their own.
  await page.locator("#more summary").click();
  await page.getByTestId("set-data").selectOption("digits");
  await page.getByTestId("step").click();
  await reads(page, "status-left", /step 1 of/);
  await page.getByTestId("reset").click();
  await page.getByTestId("set-data").selectOption("fashion");
  blocked.clear();
  await page.getByTestId("play").click();
  for (const side of ["left", "right"]) await reads(page, `status-${side}`, /Finished/, 300_000);
});

test("a program that cannot be loaded is said, and can be tried again", async () => {
  const page = await open();
  let blocked = true;
  await page.context().route("**/*.wasm", (route) => (blocked ? route.abort() : route.continue()));
  await page.reload();
  await reads(page, "message", /could not be loaded/);
  blocked = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForFunction(() => !document.querySelector('[data-testid="play"]').disabled);
});

test("opened from disk, the page says how to serve it", async () => {
  for (const path of ["../dist/index.html", "../index.html"]) {
    const page = await openFile(fileURLToPath(new URL(path, import.meta.url)));
    const note = page.getByRole("alert");
    assert.equal(await note.isVisible(), true, path);
    assert.match(await note.innerText(), /needs a server.*python3 -m http\.server.*cargo xtask web --serve/s);
    await page.context().close();
  }
});

test("served, the page never says so, not even before its program is there", async () => {
  const page = await open();
  assert.equal(await page.getByTestId("unserved").isVisible(), false);
  await page.context().route("**/*.js", (route) => route.abort());
  await page.reload();
  assert.equal(await page.getByTestId("play").isEnabled(), false);
  assert.equal(await page.getByTestId("unserved").isVisible(), false);
});
