/** Runs survive: a reload, a download and its return, a queue of seeds; and what is stored can be deleted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { unzipSync, zipSync } from "fflate";
import { assertLooks, download, drawn, events, file, mean, moduleOf, of, parseLines, pick, reads, SMALL, stage, text, timeless } from "./support.mjs";

const { open } = stage();

const SIDES = ["left", "right"];
const ROWS = '[data-testid="runs"] tbody tr';

async function finished(page) {
  for (const side of SIDES) await reads(page, `status-${side}`, /Finished/, 300_000);
}

/** Waits until the table of runs has these texts in a column, in whichever order. */
async function column(page, key, wanted) {
  await page.waitForFunction(
    ([selector, texts]) => JSON.stringify([...document.querySelectorAll(selector)].map(({ textContent }) => textContent).sort()) === texts,
    [`${ROWS} [data-column="${key}"]`, JSON.stringify([...wanted].sort())],
  );
}

const bothEvents = async (page) => ({ left: await events(page, "left"), right: await events(page, "right") });

const LONG = `?device=cpu&epochs=3&${SMALL}`;

let undisturbed;

/** The events of an undisturbed run of these settings. */
async function whole() {
  if (undisturbed !== undefined) return undisturbed;
  const page = await open(LONG);
  await page.getByTestId("play").click();
  await finished(page);
  undisturbed = await bothEvents(page);
  await page.context().close();
  return undisturbed;
}

function assertSame(found, expected) {
  for (const side of SIDES) assert.deepEqual(timeless(found[side]), timeless(expected[side]), side);
}

test("a reload loses nothing: going on is the undisturbed run", async () => {
  const page = await open(LONG);
  assert.equal(await page.getByTestId("continue").count(), 0);
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^1$/);
  await column(page, "epochs", ["1 of 3", "1 of 3"]);
  // These steps are not stored yet when the page is gone.
  await page.getByTestId("step").click();
  await reads(page, "status-left", /Epoch 2 of 3, step 1/);
  await page.reload();
  await page.getByTestId("continue").waitFor();
  assert.match(await page.locator("#offer").innerText(), /DARTS and Λ-DARTS, seed 1, epoch 1 of 3, less than a minute ago/);
  await page.getByTestId("continue").click();
  await finished(page);
  assert.equal(await page.getByTestId("continue").count(), 0);
  assertSame(await bothEvents(page), await whole());
  await column(page, "epochs", ["3", "3"]);
  // A run that has ended is not offered, but can be opened.
  await page.reload();
  await column(page, "epochs", ["3", "3"]);
  assert.equal(await page.getByTestId("continue").count(), 0);
  await page.locator(`${ROWS}[data-side="right"] [data-action="left"]`).click();
  await reads(page, "status-left", /Kept .*3 of 3 epochs/);
  await drawn(page);
  await assertLooks(page, 1440);
  assert.deepEqual(page.seen.sent, []);
  assert.deepEqual(page.seen.complaints, []);
});

/** Small searches, and trainings that take a while beside them. */
const RACE = "?device=cpu&data=digits&epochs=1&images=300&batch=16&channels=4&train=8";

const trainingEvents = async (page) => {
  const one = async (side) => parseLines((await download(page, `export-training-${side}`)).bytes.toString());
  return { left: await one("left"), right: await one("right") };
};

async function raced(page) {
  for (const side of SIDES) await reads(page, `progress-${side}`, /^Trained for 8 epochs$/, 300_000);
}

test("a race goes on after a reload as if there had been none, and is shown again", async () => {
  const page = await open(RACE);
  await page.getByTestId("play").click();
  // The page itself pauses, with the first step of either training: a message from here might come too late.
  await page.waitForFunction(() => {
    const begun = ["left", "right"].some((side) => /^Epoch [1-7] of 8/.test(document.querySelector(`[data-testid="progress-${side}"]`).textContent));
    if (begun) document.querySelector('[data-testid="pause"]').click();
    return begun;
  });
  for (const side of SIDES) await reads(page, `progress-${side}`, /paused$/);
  await page.getByTestId("step-epoch").click();
  for (const side of SIDES) {
    await page.locator(`${ROWS}[data-side="${side}"] [data-column="test-accuracy"][data-value^="0."]`).waitFor({ state: "attached" });
    await reads(page, `progress-${side}`, /paused$/);
  }
  const before = await trainingEvents(page);
  // This step is not stored yet when the page is gone.
  await page.getByTestId("step").click();
  await page.reload();
  await page.getByTestId("continue").waitFor();
  assert.match(await page.locator("#offer").innerText(), /DARTS and Λ-DARTS, seed 1, training of their cells, epochs? \d+( and \d+)? of 8, less than a minute ago/);
  await page.getByTestId("continue").click();
  await raced(page);
  const after = await trainingEvents(page);
  for (const side of SIDES) {
    // With the clock of the first time, so that it is not another training.
    const epoch = before[side].findIndex(({ event }) => event === "training_epoch");
    assert.ok(epoch > 0);
    assert.deepEqual(after[side].slice(0, epoch + 1), before[side].slice(0, epoch + 1), side);
    assert.equal(of(after[side], "training_end").length, 1);
  }
  const other = await open(RACE);
  await other.getByTestId("play").click();
  await raced(other);
  assertSame(after, await trainingEvents(other));

  // Once it is over, a reload offers to show it, and the networks answer again.
  const verdict = await reads(page, "verdict", /reaches|No gap|same cell/);
  await page.waitForFunction(
    ([rows, values]) => JSON.stringify([...document.querySelectorAll(rows)].map(({ dataset }) => Number(dataset.value)).sort()) === values,
    [`${ROWS} [data-column="test-accuracy"]`, JSON.stringify(SIDES.map((side) => after[side].at(-1).test_accuracy).sort())],
  );
  await page.reload();
  await page.getByTestId("show-again").waitFor();
  assert.match(await page.locator("#offer").innerText(), /DARTS and Λ-DARTS, seed 1, with the race of their cells, less than a minute ago/);
  assert.equal(await page.getByTestId("continue").count(), 0);
  await page.getByTestId("show-again").click();
  await reads(page, "status-left", /Finished after 1 epochs/);
  await raced(page);
  assert.equal(await reads(page, "verdict", /reaches|No gap|same cell/), verdict);
  await page.locator("#answers").waitFor();
  await page.locator(".draw-examples button").first().click();
  for (const side of SIDES) await reads(page, `prediction-${side}`, /\d %/);
  assert.deepEqual(await trainingEvents(page), after);
  assert.equal(await page.getByTestId("play").isEnabled(), false);
  await drawn(page);
  await assertLooks(page, 1440);

  // The table does so, too; what is reset stays in it.
  await page.getByTestId("reset").click();
  await reads(page, "accuracy-left", /^–$/);
  await page.locator(`${ROWS}[data-side="left"] [data-action="race"]`).click();
  await raced(page);
  assert.deepEqual(await trainingEvents(page), after);
  assert.deepEqual(page.seen.complaints, []);
});

test("a run that is downloaded comes back and goes on", async () => {
  const page = await open(LONG);
  assert.equal(await page.getByTestId("download-run").isEnabled(), false);
  await page.getByTestId("step-epoch").click();
  await reads(page, "status-left", /paused/);
  await reads(page, "status-right", /paused/);
  await page.getByTestId("download-side").selectOption("right");
  await page.waitForFunction(() => !document.querySelector('[data-testid="download-run"]').disabled);
  const { name, bytes } = await download(page, "download-run");
  assert.equal(name, "lambda-darts-seed-1.zip");
  const files = unzipSync(bytes);
  assert.deepEqual(Object.keys(files).sort(), ["checkpoint.safetensors", "config.toml", "environment.json", "events.jsonl"]);
  const own = await events(page, "right");
  const log = Buffer.from(files["events.jsonl"]);
  assert.deepEqual(parseLines(log.toString()), own);
  assert.match(Buffer.from(files["config.toml"]).toString(), /^space = "nas-bench-201"$/m);
  const checkpoint = Buffer.from(files["checkpoint.safetensors"]);
  const header = JSON.parse(checkpoint.subarray(8, 8 + Number(checkpoint.readBigUInt64LE(0))).toString());
  const { kind, rest } = JSON.parse(header.__metadata__["lambda-darts"]);
  assert.equal(kind, "search");
  assert.deepEqual(JSON.parse(rest).position, { bytes: log.length, crc32: crc32(log) });

  // In another browser, the other side stays empty.
  const other = await open(LONG);
  await pick(other, await file(name, bytes));
  await reads(other, "message", /is on the right: Λ-DARTS, seed 1, 1 of 3 epochs/);
  await other.getByRole("button", { name: "Continue here" }).click();
  await reads(other, "status-right", /Finished/, 300_000);
  const expected = await whole();
  assert.deepEqual(timeless(await events(other, "right")), timeless(expected.right));
  await column(other, "method", ["Λ-DARTS"]);

  // The two files of a run together are the same.
  const pair = await open(LONG);
  await pick(pair, [await file("events.jsonl", log), await file("checkpoint.safetensors", checkpoint)]);
  await reads(pair, "message", /is on the right/);
  await pair.getByRole("button", { name: "Continue here" }).click();
  await reads(pair, "status-right", /Finished/, 300_000);
  assert.deepEqual(timeless(await events(pair, "right")), timeless(expected.right));

  // What does not belong together is refused.
  const changed = Buffer.from(log.toString().replace('"step":2,', '"step":2, '));
  const cases = [
    [[await file("checkpoint.safetensors", checkpoint)], /belongs to the events\.jsonl of its run/],
    [[await file("events.jsonl", changed), await file("checkpoint.safetensors", checkpoint)], /taken with other events/],
    [[await file("events.jsonl", log), await file("checkpoint.safetensors", checkpoint.subarray(0, 40))], /not the checkpoint of a search, or damaged/],
    [[await file("run.zip", zip64())], /run\.zip: .*ZIP64/],
    [[await file("run.zip", bytes.subarray(0, bytes.length / 2))], /run\.zip: .*It is not a run as \.zip/],
    [[await file("run.zip", zipSync({ "events.jsonl": log }))], /no checkpoint\.safetensors in it/],
    [[await file("run.zip", zipSync(Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`${at}`, new Uint8Array(1)]))))], /more than 100 files/],
  ];
  for (const [all, said] of cases) {
    await pick(pair, all);
    await reads(pair, "message", said);
  }
  for (const one of [page, other, pair]) assert.deepEqual(one.seen.complaints, []);
});

test("a queue of seeds runs them one after the other and shows their means", async () => {
  const page = await open(`?device=cpu&epochs=1&seed=3&${SMALL}`);
  await page.getByTestId("seeds").fill("0");
  await page.getByTestId("seeds").blur();
  assert.equal(await page.getByTestId("seeds").getAttribute("aria-invalid"), "true");
  await page.getByTestId("seeds").fill("2");
  await page.getByTestId("seeds").blur();
  assert.match(page.url(), /seeds=2/);
  await page.getByTestId("play").click();
  await reads(page, "queue", /Seed 3, 1 of 2 \(3, 4\)/);
  await reads(page, "queue", /All 2 seeds have finished: 3, 4\./, 300_000);
  await column(page, "seed", ["3", "3", "4", "4"]);
  await drawn(page);
  const last = await bothEvents(page);
  const stored = await page.locator(`${ROWS}`).evaluateAll((rows) =>
    rows.map((row) => ({ side: row.dataset.side, ...Object.fromEntries([...row.querySelectorAll("[data-column]")].map(({ dataset }) => [dataset.column, dataset.value])) })),
  );
  for (const side of SIDES) {
    const [epoch] = of(last[side], "epoch");
    const own = stored.filter((row) => row.side === side);
    const newest = own.find(({ seed }) => seed === "4");
    assert.equal(Number(newest.alignment), epoch.cell_types[0].alignment);
    assert.equal(Number(newest["parameter-free"]), epoch.parameter_free);
    assert.equal(Number(newest["table-accuracy"]), epoch.benchmark.cifar10_test);
    // The means in the curves are those of the table's runs.
    const shown = Number(await page.locator(`[data-plot="alignment"] .series.${side}.mean circle`).getAttribute("data-value"));
    const expected = mean(own.map(({ alignment }) => Number(alignment)));
    assert.ok(Math.abs(shown - expected) < 1e-12, `${shown}, not ${expected}`);
  }
  const means = page.getByTestId("runs-means").locator("tbody tr");
  assert.equal(await means.count(), 2);
  assert.equal(await means.first().locator('[data-column="n"]').innerText(), "2");
  assert.match(await means.first().locator('[data-column="alignment"]').innerText(), /^−?[\d.]+ ± [\d.]+$/);
  // Sorted by its number, and the other way round.
  const order = () => page.locator(`${ROWS} [data-column="alignment"]`).evaluateAll((all) => all.map(({ dataset }) => Number(dataset.value)));
  const sort = page.getByTestId("runs").getByRole("button", { name: "Λ", exact: true });
  await sort.press("Enter");
  const down = await order();
  assert.deepEqual(down, [...down].sort((a, b) => b - a));
  await sort.press("Enter");
  assert.deepEqual(await order(), [...down].reverse());
  await assertLooks(page, 1440);
  assert.deepEqual(page.seen.complaints, []);
});

test("a deleted run is gone, unless that is undone", async () => {
  const page = await open(`?device=cpu&epochs=1&${SMALL}`);
  await page.getByTestId("play").click();
  await finished(page);
  await column(page, "epochs", ["1", "1"]);
  await page.locator(`${ROWS}[data-side="left"] [data-action="delete"]`).click();
  await column(page, "method", ["Λ-DARTS"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await column(page, "method", ["DARTS", "Λ-DARTS"]);
  await page.locator(`${ROWS}[data-side="left"] [data-action="left"]`).click();
  await reads(page, "status-left", /1 of 1 epochs/);
  for (const side of SIDES) {
    await page.locator(`${ROWS}[data-side="${side}"] [data-action="delete"]`).click();
    await column(page, "method", side === "left" ? ["Λ-DARTS"] : []);
  }
  await page.reload();
  await page.locator("#kept .none").waitFor();
  assert.equal(await page.locator(ROWS).count(), 0);
  assert.deepEqual(page.seen.complaints, []);
});

test("where nothing can be stored, that is said once and the page goes on", async () => {
  const page = await open(`?device=cpu&epochs=2&${SMALL}`);
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("storage is off", "SecurityError");
    };
  });
  await page.reload();
  await page.waitForFunction(() => !document.querySelector('[data-testid="play"]').disabled);
  assert.equal(await text(page, "message"), "");
  await page.getByTestId("play").click();
  await reads(page, "message", /stores no runs now: storage is off\. /);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await finished(page);
  await page.getByTestId("reset").click();
  await page.getByTestId("step").click();
  await reads(page, "status-left", /step 1 of/);
  assert.equal(await text(page, "message"), "");
  assert.deepEqual(page.seen.complaints, []);
});

test("a full disk costs the oldest run, then storing", async () => {
  const page = await open(`?device=cpu&epochs=1&${SMALL}`);
  await page.getByTestId("play").click();
  await finished(page);
  await column(page, "epochs", ["1", "1"]);
  await page.getByTestId("reset").click();
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value) {
      const request = put.call(this, value);
      if (this.name === "snapshots") this.transaction.abort();
      return request;
    };
    Object.defineProperty(IDBTransaction.prototype, "error", { get: () => new DOMException("the disk is full", "QuotaExceededError") });
  });
  await page.getByTestId("play").click();
  await reads(page, "message", /stores no runs now: the disk is full\. /);
  await finished(page);
  await page.reload();
  await page.waitForFunction(() => !document.querySelector('[data-testid="play"]').disabled);
  await column(page, "epochs", ["0 of 1", "0 of 1"]);
});

test("a hidden page pauses if that is wanted", async () => {
  const page = await open(`?device=cpu&epochs=200&${SMALL}`);
  const hide = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await page.getByTestId("play").click();
  await reads(page, "status-left", /step \d+/);
  await hide(true);
  assert.equal(await page.getByTestId("pause").isEnabled(), true);
  await hide(false);
  await page.locator("#more summary").click();
  await page.getByTestId("pause-hidden").check();
  await hide(true);
  await reads(page, "status-left", /paused/);
  await hide(false);
  await page.waitForFunction(() => !document.querySelector('[data-testid="pause"]').disabled);
  await page.reload();
  await page.locator("#more summary").click();
  assert.equal(await page.getByTestId("pause-hidden").isChecked(), true);
});

test("the oldest unfinished comparisons go first", async () => {
  const { surplus } = await moduleOf("stored-runs.ts");
  const runs = Array.from({ length: 32 }, (_, at) =>
    SIDES.map((side) => ({ kind: "search", experiment: `e${at}`, side, began: at, changed: at, ended: at !== 5 && at !== 31, eventBytes: 1e6, snapshotBytes: 1e6 })),
  ).flat();
  const gone = (...rest) => surplus(...rest).map(({ id }) => id);
  assert.deepEqual(gone(runs, "e31"), ["e5", "e0"]);
  assert.deepEqual(gone(runs.slice(0, 20), undefined), []);
  // Ten comparisons of 4 MB each, and room for seven.
  assert.deepEqual(gone(runs.slice(0, 20), "e5", 30e6), ["e0", "e1", "e2"]);
});

test("seeds are a number of them or a list", async () => {
  const { seedsOf } = await moduleOf("seeds.ts");
  for (const [told, expected] of [
    ["1", [7]],
    ["3", [7, 8, 9]],
    ["0..4", [0, 1, 2, 3, 4]],
    ["3, 7,3", [3, 7]],
    ["0..2,9", [0, 1, 2, 9]],
    ["0", undefined],
    ["21", undefined],
    ["4..0", undefined],
    ["0..20", undefined],
    ["0..999999999", undefined],
    ["", undefined],
    ["a", undefined],
    ["1,,2", undefined],
    ["-1..1", undefined],
  ]) {
    assert.deepEqual(seedsOf(told, 7), expected, told);
  }
});

/** A damaged archive with ZIP64 records, on which the library that reads them does not come to an end. */
function zip64() {
  const [entry, records, place, end] = [58, 56, 20, 22].map((length) => Buffer.alloc(length));
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt32LE(0xffffffff, 20);
  entry.writeUInt16LE(12, 28);
  entry.write("events.jsonl", 46);
  records.writeUInt32LE(0x06064b50, 0);
  records.writeUInt32LE(1, 32);
  place.writeUInt32LE(0x07064b50, 0);
  place.writeUInt32LE(entry.length, 8);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(0xffff, 8);
  end.writeUInt32LE(0xffffffff, 16);
  return Buffer.concat([entry, records, place, end]);
}
