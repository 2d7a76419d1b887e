/** The file of `lambda-darts report`, opened from disk: what is drawn is what the events say, and nothing is asked for. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { assertCurves, assertLooks, assertShows, download, drawn, file, mean, of, parseLines, PLACE, reads, reportOf, slide, stage, template, text } from "./support.mjs";

const { openFile } = stage();
const { LAMBDA_DARTS_REPORT: report, LAMBDA_DARTS_RUN: folder } = process.env;
const without = (report === undefined || folder === undefined) && "LAMBDA_DARTS_REPORT and LAMBDA_DARTS_RUN name no report and the run in it";

const native = without ? [] : parseLines(await readFile(join(folder, "events.jsonl"), "utf8"));
const epochs = of(native, "epoch");
const last = epochs.at(-1);
const close = (shown, expected, what) => assert.ok(Math.abs(shown - expected) <= 1e-12, `${what}: ${shown}, not ${expected}`);

/** The runs in a report. */
const runsIn = async (path) => JSON.parse(PLACE.exec(await readFile(path, "utf8"))[2]);

/** The place and the name of the run of the folder in the report. */
async function find() {
  const names = (await runsIn(report)).map(({ name }) => name);
  const at = names.findIndex((name) => basename(name) === basename(resolve(folder)));
  assert.ok(at >= 0, `${folder} is not in the report of ${names}`);
  return { at, name: names[at], count: names.length };
}

/** Opens the report with the run of the folder on a side. */
async function openRun(side = "left", options = {}) {
  const page = await openFile(report, options);
  const { at, count } = await find();
  if (count > 1) await page.getByTestId(`run-${side}`).selectOption(String(at));
  // The other side may have a longer run.
  await page.getByTestId("slider").press("End");
  await drawn(page);
  return page;
}

function assertQuiet(page, path = report) {
  const others = page.seen.requests.filter((address) => address !== pathToFileURL(path).href && !address.startsWith("blob:"));
  assert.deepEqual(others, []);
  assert.deepEqual(page.seen.complaints, []);
}

test("a report without runs says so", async () => {
  const page = await openFile(template);
  await reads(page, "message", /no run in this report/);
  assert.equal(await page.getByTestId("heatmap").isVisible(), false);
  assertQuiet(page, template);
  // Nor could a script in it ask for anything.
  const refused = await page.evaluate(() => fetch("https://example.com/").then(() => "answered", (error) => error.name));
  assert.equal(refused, "TypeError");
  assert.ok(page.seen.complaints.some((complaint) => complaint.includes("Content Security Policy")), page.seen.complaints.join());
});

test("a report draws the events of its runs and asks for nothing", { skip: without }, async () => {
  assert.ok(native[0].config.space === "nas-bench-201" && epochs.length >= 2, "the run is too short, or on another space");
  const { count } = await find();
  for (const side of count > 1 ? ["left", "right"] : ["left"]) {
    const page = await openRun(side);
    await assertCurves(page, side, epochs);
    for (const at of new Set([1, Math.ceil(epochs.length / 2), epochs.length])) {
      await slide(page, at);
      await assertShows(page, side, epochs[at - 1]);
    }
    assert.equal(await page.locator('#cell .panel.first[data-side="right"]').isVisible(), count > 1);
    assertQuiet(page);
  }
});

test("its table has every run at the last epoch", { skip: without }, async () => {
  const page = await openRun();
  const { at, name, count } = await find();
  const rows = page.getByTestId("summary").locator("tbody tr");
  assert.equal(await rows.count(), count);
  const cells = await rows.nth(at).locator("[data-value]").evaluateAll((all) => all.map(({ dataset }) => [dataset.column, dataset.value]));
  const { saturation, curvature = "", ...shown } = Object.fromEntries(cells);
  const [{ alignment, saturation: measured }] = last.cell_types;
  close(Number(saturation), Math.max(0, mean(measured.entropy.map((h) => 1 - h))), "saturation");
  assert.equal(curvature, String(last.curvature ?? ""));
  const expected = {
    run: name,
    method: native[0].config.method.name,
    seed: native[0].config.seed,
    alignment: alignment ?? "",
    "parameter-free": last.parameter_free,
    "supernet-accuracy": last.supernet_accuracy,
    time: native.at(-1).seconds,
    "epoch-time": last.seconds / epochs.length,
  };
  if ("table-accuracy" in shown) expected["table-accuracy"] = last.benchmark?.cifar10_test ?? "";
  if ("table-rank" in shown) expected["table-rank"] = last.benchmark?.rank ?? "";
  assert.deepEqual(shown, Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, String(value)])));
  assert.ok(["table-accuracy", "table-rank"].every((column) => column in shown) || last.benchmark === undefined);
});

test("its files have the events' numbers", { skip: without }, async () => {
  const page = await openRun();
  const { name } = await find();
  const [head, ...lines] = (await download(page, "export-curves")).bytes.toString().trim().split("\n");
  const columns = head.split(",");
  // The names of runs under test have neither commas nor quotes.
  const rows = lines.map((line) => Object.fromEntries(line.split(",").map((value, at) => [columns[at], value]))).filter(({ run }) => run === name);
  assert.equal(rows.length, epochs.length);
  rows.forEach((row, at) => {
    const epoch = epochs[at];
    const { lambda, lr, train_loss, valid_loss, supernet_accuracy, parameter_free, skip_connections, gradient_norm, clipped, seconds, cell_types } = epoch;
    const numbers = { epoch: at + 1, lambda, learning_rate: lr, train_loss, valid_loss, supernet_accuracy, parameter_free, skip_connections, gradient_norm, clipped, seconds };
    for (const [key, value] of Object.entries(numbers)) assert.equal(Number(row[key]), value, `${key} of epoch ${at + 1}`);
    for (const key of ["loss_gradient_norm", "regularizer_gradient_norm", "curvature"]) assert.equal(row[key], String(epoch[key] ?? ""), `${key} of epoch ${at + 1}`);
    assert.equal(row.alignment, String(cell_types[0].alignment ?? ""));
    close(Number(row.entropy), mean(cell_types[0].saturation.entropy), `entropy of epoch ${at + 1}`);
    assert.equal(row.cifar10_test, String(epoch.benchmark?.cifar10_test ?? ""));
  });

  await slide(page, 1);
  await drawn(page);
  const dot = (await download(page, "export-dot-left")).bytes.toString();
  assert.ok(dot.startsWith(`digraph "${name} normal" {`) && dot.trim().endsWith("}"), dot);
  const edges = epochs[0].genotype.cells[0].nodes.flatMap((reads, node) => reads.map(([operation, from]) => `${from} -> ${node + 1} [label="${operation}"];`));
  assert.deepEqual(dot.split("\n").map((line) => line.trim()).filter((line) => line.includes("->")), edges);

  const svg = await download(page, "export-cell-left");
  assert.match(svg.name, /cell-epoch-1\.svg$/);
  assert.equal(svg.bytes.toString().match(/<path/g).length, 6);
  const png = await download(page, "export-heatmap-left");
  assert.deepEqual([...png.bytes.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  assertQuiet(page);
});

test("it is used by the keyboard", { skip: without }, async () => {
  const page = await openRun();
  await page.getByTestId("slider").press("Home");
  await reads(page, "epoch", /^1$/);
  await page.keyboard.press("ArrowRight");
  await reads(page, "epoch", /^2$/);
  await page.locator('#saturation .panel[data-side="left"] g.square[tabindex="0"]').focus();
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.cell), "1");
});

test("a run that is not one is left out by name, and a name is only a name", { skip: without }, async () => {
  const [run] = await runsIn(report);
  const broken = { ...run, name: "runs/broken", events: run.events.map((event) => (event.event === "epoch" ? { ...event, cell_types: [] } : event)) };
  const name = `</script><img src=x onerror="document.title='run'">`;
  const path = await reportOf([broken, { ...run, name }]);
  const page = await openFile(path);
  await reads(page, "message", /runs\/broken is left out/);
  assert.equal(await page.locator('#summary th[data-column="run"][data-value]').innerText(), name);
  await page.locator('#saturation .panel[data-side="left"] g.square').first().waitFor();
  assert.match(await page.title(), /^Search report/);
  assertQuiet(page, path);

  const damaged = await file("report.html", (await readFile(report, "utf8")).replace(PLACE, "$1[{$3"));
  assert.match(await text(await openFile(damaged), "message"), /damaged/);
});

test("two runs are compared on the sides that are chosen", { skip: without }, async () => {
  const [run] = await runsIn(report);
  const short = { ...run, name: "runs/short", events: run.events.slice(0, 2), notations: run.notations.slice(0, 1) };
  const page = await openFile(await reportOf([run, short]));
  await reads(page, "status-right", /its last epoch, 1$/);
  await page.getByTestId("run-left").selectOption("1");
  await reads(page, "epoch", /^1$/);
  assert.equal(await page.getByTestId("slider").getAttribute("max"), "1");
  // From the end of one run to the end of the other.
  await page.getByTestId("run-right").selectOption("0");
  await reads(page, "epoch", new RegExp(`^${run.notations.length}$`));
  assert.deepEqual(page.seen.complaints, []);
});

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    test(`it looks right: ${colorScheme} at ${width} pixels`, { skip: without }, async () => {
      const page = await openRun("left", { colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
      await page.locator(".formulas summary").click();
      await drawn(page);
      await assertLooks(page, width);
      // Drawn anew at another width, without a complaint.
      await page.setViewportSize({ width: width - 60, height });
      await drawn(page);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width - 60);
      assert.equal(await page.locator("#message").isVisible(), false);
    });
  }
}
