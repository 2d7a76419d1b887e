/** Hands on a running search: rules for edges, sliders, branches; each effect is read back from the exported events. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { madeRun } from "./made-runs.mjs";
import { assertLooks, drawn, events, file, moduleOf, of, pick, reads, SMALL, stage, text, timeless } from "./support.mjs";

const { open } = stage();
const QUERY = `?device=cpu&${SMALL.replace("epochs=2", "epochs=5")}`;
const SIDES = ["left", "right"];

/** A page whose searches have made one epoch and stand still. */
async function afterOneEpoch(query = QUERY) {
  const page = await open(query);
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^1$/);
  await page.waitForFunction(() => !document.querySelector('[data-testid="step"]').disabled);
  await drawn(page);
  return page;
}

const edge = (page, side, index) => page.locator(`#cell .panel[data-side="${side}"] .edges path[data-edge="${index}"]`);
const menu = (page) => page.getByTestId("edge-menu");
const item = (page, rule, operation) => menu(page).getByRole("menuitemradio", { name: `${rule} ${operation}`, exact: true });

async function openMenu(page, side, index) {
  await edge(page, side, index).focus();
  await page.keyboard.press("Enter");
  await menu(page).waitFor();
}

/** Moves a slider of the panel as a finger would, through some positions. */
const drag = (page, id, positions) =>
  page.getByTestId(id).evaluate((slider, all) => {
    for (const position of all) {
      slider.value = String(position);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }, positions);

const changes = async (page, side) => of(await events(page, side), "change");
const listed = (page, count) => page.waitForFunction((wanted) => document.querySelectorAll('[data-testid="changes"] li').length === wanted, count);

test("an edge is forced, forbidden and freed by its menu", async () => {
  const page = await afterOneEpoch();
  await openMenu(page, "left", 2);
  assert.equal(await menu(page).getAttribute("aria-label"), "Edge 1→2, left run");
  const [epoch] = of(await events(page, "left"), "epoch");
  await openMenu(page, "left", 2);
  const weights = await menu(page).locator(".weight").allInnerTexts();
  assert.deepEqual(weights.map(Number), epoch.cell_types[0].probabilities[2].map((weight) => Number(weight.toFixed(3))));
  // An edge without rules has all its candidates free; the focus is there, and the arrows move it.
  assert.equal(await item(page, "free", "none").evaluate((one) => one === document.activeElement), true);
  for (const key of ["ArrowDown", "ArrowLeft"]) await page.keyboard.press(key);
  assert.equal(await item(page, "forbid", "skip_connect").evaluate((one) => one === document.activeElement), true);
  await page.keyboard.press("Escape");
  assert.equal(await menu(page).isVisible(), false);
  assert.equal(await edge(page, "left", 2).evaluate((one) => one === document.activeElement), true);
  assert.deepEqual(await changes(page, "left"), []);

  // Forced on both sides, from the keyboard.
  await openMenu(page, "left", 2);
  await menu(page).getByRole("menuitemcheckbox").click();
  await item(page, "force", "skip_connect").press("Enter");
  await listed(page, 2);
  const forced = { cell: "normal", from: 1, to: 2, operation: "skip_connect", rule: "force" };
  for (const side of SIDES) {
    const [change, ...others] = await changes(page, side);
    assert.deepEqual(others, []);
    assert.deepEqual([change.epoch, change.step, change.changed], [2, 0, ["architecture.constraints"]]);
    assert.deepEqual(change.config.architecture.constraints, [forced]);
    assert.equal(await edge(page, side, 2).getAttribute("data-held"), "= skip");
    assert.match(await page.getByTestId(`held-${side}`).innerText(), /edge 1→2: skip_connect forced/);
  }
  assert.match(await text(page, "changes"), /left\s*epoch 2: edge 1→2: skip_connect forced/);
  for (const side of SIDES) assert.equal(await page.locator(`[data-plot="alignment"] .flag.${side}`).getAttribute("data-at"), "1");

  // Two are forbidden on another edge, on one side.
  for (const operation of ["none", "avg_pool_3x3"]) {
    const count = await page.getByTestId("changes").locator("li").count();
    await edge(page, "right", 0).click({ force: true });
    if ((await menu(page).getByRole("menuitemcheckbox").getAttribute("aria-checked")) === "true") await menu(page).getByRole("menuitemcheckbox").click();
    await item(page, "forbid", operation).click();
    await listed(page, count + 1);
  }
  assert.equal(await edge(page, "right", 0).getAttribute("data-held"), "≠ 2 ops");
  assert.equal((await changes(page, "right")).at(-1).config.architecture.constraints.length, 3);
  assert.equal((await changes(page, "left")).length, 1);

  // The steps that follow keep the rules, and an undo frees one.
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^2$/);
  const second = of(await events(page, "right"), "epoch")[1];
  const [none, , , , pool] = second.cell_types[0].probabilities[0];
  assert.deepEqual([none, pool, second.cell_types[0].probabilities[2][1]], [0, 0, 1]);
  assert.equal(second.genotype.cells[0].nodes[1].find(([, from]) => from === 1)[0], "skip_connect");
  await page.getByTestId("held-right").getByRole("button", { name: /Undo: edge 1→2/ }).click();
  await listed(page, 5);
  const left = (await changes(page, "right")).at(-1);
  assert.deepEqual(left.config.architecture.constraints.map(({ operation }) => operation), ["none", "avg_pool_3x3"]);
  assert.match(await text(page, "changes"), /right\s*epoch 3: edge 1→2: skip_connect freed/);
  // So does the menu.
  await openMenu(page, "right", 0);
  assert.equal(await item(page, "forbid", "none").getAttribute("aria-checked"), "true");
  await item(page, "free", "none").click();
  await listed(page, 6);
  const freed = (await changes(page, "right")).at(-1);
  assert.deepEqual([freed.changed, freed.config.architecture.constraints.map(({ operation }) => operation)], [["architecture.constraints"], ["avg_pool_3x3"]]);
  assert.equal(await edge(page, "right", 0).getAttribute("data-held"), "≠ avg3");
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^3$/);
  const third = of(await events(page, "right"), "epoch")[2];
  const weightsAfter = third.cell_types[0].probabilities[0];
  assert.ok(weightsAfter[0] > 0 && weightsAfter[4] === 0, weightsAfter.join());
  assert.deepEqual(page.seen.complaints, []);
});

test("sliders change what they say, once they rest, while the searches run", async () => {
  // Long enough to be running still when the last slider rests.
  const page = await open(`${QUERY.replace("epochs=5", "epochs=60")}`.replace("images=400", "images=1600"));
  assert.equal(await page.getByTestId("lambda").isEnabled(), false);
  await page.getByTestId("play").click();
  await reads(page, "status-left", /Epoch 1 of 60, step \d+/);
  await reads(page, "status-right", /Epoch 1 of 60, step \d+/);
  // Many positions, one change: λ is the right run's alone.
  await drag(page, "lambda", [0.3, 0.4, 0.45, 0.5]);
  await listed(page, 1);
  await drag(page, "dial-weights-lr", [-1.5, -1]);
  await listed(page, 3);
  await page.locator('input[name="hands-side"][value="left"]').check({ force: true });
  assert.equal(await page.getByTestId("lambda").isVisible(), false);
  await drag(page, "dial-alpha-lr", [-2.5]);
  await listed(page, 4);
  await drag(page, "dial-temperature", [0.3]);
  await listed(page, 5);
  await reads(page, "epoch", /^[1-9]/);
  await page.getByTestId("pause").click();
  await page.waitForFunction(() => !document.querySelector('[data-testid="step"]').disabled);

  const [left, right] = [await changes(page, "left"), await changes(page, "right")];
  const values = ({ config: { weights, architecture, method } }) => [weights.lr, architecture.lr, architecture.temperature, method.alignment?.lambda];
  const [start] = await events(page, "left");
  assert.deepEqual(left.map(values), [[0.1, start.config.architecture.lr, 1, undefined], [0.1, 0.0032, 1, undefined], [0.1, 0.0032, 2, undefined]]);
  assert.deepEqual(right.map(({ changed }) => changed), [["method.alignment.lambda"], ["weights.lr"]]);
  assert.deepEqual(right.map(({ config }) => [config.method.alignment.lambda, config.weights.lr]), [[0.5, 0.025], [0.5, 0.1]]);
  assert.match(await text(page, "changes"), /right\s*epoch \d: λ 0\.25 → 0\.5/);
  const flags = await page.locator('[data-plot="train-loss"] .flag.left').evaluateAll((all) => all.map((one) => [Number(one.dataset.at), one.querySelector("title").textContent]));
  const words = ["learning rate of the weights 0.025 → 0.1", `learning rate of α ${start.config.architecture.lr} → 0.0032`, "temperature 1 → 2"];
  // Changes at one step have one flag.
  const expected = new Map();
  left.forEach(({ epoch, step }, at) => {
    const place = epoch - 1 + step / start.steps;
    expected.set(place, [...(expected.get(place) ?? []), `epoch ${epoch}: ${words[at]}`]);
  });
  assert.deepEqual(flags, [...expected].map(([place, texts]) => [place, texts.join("\n")]));
  // A change stands in the log where it was made.
  const log = await events(page, "right");
  for (const change of right) {
    const before = log.slice(0, log.findIndex((one) => one.event === "change" && one.changed[0] === change.changed[0]));
    assert.equal(of(before, "step").filter(({ epoch }) => epoch === change.epoch).length, change.step);
  }

  // What the library refuses is said, and the search goes on as it was.
  await page.getByTestId("dial-alpha-lr").evaluate((slider) => {
    slider.min = "-400";
    slider.value = "-400";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await reads(page, "message", /^The left search goes on as it was: \S+/);
  assert.equal((await changes(page, "left")).length, 3);

  // The log is opened again, with its marks.
  const bytes = (await events(page, "right")).map((one) => `${JSON.stringify(one)}\n`).join("");
  await pick(page, await file("events.jsonl", bytes));
  await reads(page, "message", /is on the right/);
  await listed(page, 2);
  assert.deepEqual(page.seen.complaints, []);
});

test("a branch goes on from a snapshot beside its run", async () => {
  const page = await open(QUERY);
  await page.getByTestId("play").click();
  for (const side of SIDES) await reads(page, `status-${side}`, /Finished after 5 epochs/, 300_000);
  const source = await events(page, "left");
  await page.getByTestId("slider").evaluate((slider) => {
    slider.value = "2";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await reads(page, "epoch", /^2$/);
  await page.getByTestId("branch-method").selectOption("lambda-darts-sign");
  await page.getByTestId("branch").click();
  await reads(page, "message", /^The right run goes on from epoch 2 of the left run, with Λ±-DARTS\./);
  await reads(page, "status-right", /Finished after 5 epochs/, 300_000);
  const branch = await events(page, "right");
  const [end] = [source.findIndex(({ event, epoch }) => event === "epoch" && epoch === 2) + 1];
  assert.deepEqual(branch.slice(0, end), source.slice(0, end));
  const change = branch[end];
  assert.deepEqual([change.event, change.epoch, change.step, change.config.method.name], ["change", 3, 0, "lambda-darts-sign"]);
  assert.equal(change.config.method.alignment.measure, "sign");
  assert.equal(of(branch, "step").length, 5 * source[0].steps);
  assert.match(await text(page, "changes"), /right\s*epoch 2: branched from the left run\s*right\s*epoch 3: DARTS → Λ±-DARTS/);
  assert.equal(await page.locator('[data-plot="train-loss"] .past').count(), 1);
  // Both pairs are kept: the first one, and the one with the branch.
  await page.waitForFunction(() => {
    const epochs = [...document.querySelectorAll('[data-testid="runs"] tbody [data-column="epochs"]')].map(({ textContent }) => textContent);
    return epochs.length === 4 && epochs.every((text) => text === epochs[0]);
  });
  // The first run is as it was.
  assert.deepEqual(await events(page, "left"), source);
  // Without a change, a branch repeats its run to the bit.
  await page.getByTestId("branch-method").selectOption("darts");
  await page.getByTestId("slider").evaluate((slider) => {
    slider.value = "3";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await reads(page, "epoch", /^3$/);
  await page.getByTestId("branch").click();
  await reads(page, "message", /from epoch 3 of the left run, with DARTS/);
  await reads(page, "status-right", /Finished after 5 epochs/, 300_000);
  assert.deepEqual(timeless(await events(page, "right")), timeless(source));
  assert.deepEqual(page.seen.complaints, []);
});

for (const [width, height] of [[1440, 900], [390, 844]]) {
  test(`the menu and the panel have their room at ${width} pixels`, async () => {
    const page = await open(QUERY, { viewport: { width, height }, reducedMotion: "reduce" });
    await page.getByTestId("step-epoch").click();
    await reads(page, "epoch", /^1$/);
    await drawn(page);
    await openMenu(page, "left", 5);
    await assertLooks(page, width);
    const box = await menu(page).boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
  });
}

test("snapshots stay within their memory", async () => {
  const { History } = await moduleOf("history.ts");
  const history = new History(40);
  assert.equal(history.at(3), undefined);
  for (let epoch = 1; epoch <= 20; epoch += 1) if (history.wants(epoch)) history.add(epoch, new Uint8Array(10));
  // Every eighth: of 20 epochs in steps of 4 there would be five.
  assert.deepEqual([7, 8, 15, 20].map((epoch) => history.at(epoch)?.epoch), [undefined, 8, 8, 16]);
  const large = new History(40);
  large.add(1, new Uint8Array(41));
  assert.deepEqual([large.at(1), large.wants(2)], [undefined, false]);
});

test("rules of one sort take the place of the others on an edge", async () => {
  const { isLast, ruleOf, withRule } = await moduleOf("hands/constraints.ts");
  const place = (operation, from = 0) => ({ cell: "normal", from, to: 1, operation });
  let config = { architecture: { lr: 1 } };
  config = withRule(config, place("none"), "forbid");
  config = withRule(config, place("skip_connect"), "forbid");
  config = withRule(config, place("skip_connect", 2), "forbid");
  assert.deepEqual([isLast(config, place("a"), ["none", "skip_connect", "a"]), isLast(config, place("a"), ["none", "b", "a"])], [true, false]);
  config = withRule(config, place("none"), "force");
  assert.deepEqual([ruleOf(config, place("none")), ruleOf(config, place("skip_connect")), ruleOf(config, place("skip_connect", 2))], ["force", undefined, "forbid"]);
  config = withRule(withRule(config, place("none"), undefined), place("skip_connect", 2), undefined);
  assert.deepEqual(config, { architecture: { lr: 1 } });
});

test("a setting that methods have published with different values is each method's own", async () => {
  const { catalogOf } = await moduleOf("method.ts");
  const { fromConfig, toConfig } = await moduleOf("settings.ts");
  const part = { type: "object", properties: { weight: { type: "number" }, kind: { type: "string", enum: ["a", "b"] }, same: { type: "number" } } };
  const method = (name, weight, kind) => ({ name, part: { weight, kind, same: 7 } });
  const presets = [method("one", 1, "a"), method("two", 2, "b")].map((own) => ({ name: own.name, paper: "", description: "", method: own }));
  const catalog = catalogOf(presets, { properties: { part } });
  const base = {
    space: "s3", epochs: 1, batch: 2, seed: 0, supernet: {}, data: {}, measures: {},
    method: presets[0].method, weights: { lr: 1, lr_min: 0 }, architecture: { lr: 1 },
  };
  const settings = { ...fromConfig(base, catalog), left: "one", right: "two" };
  assert.deepEqual(["left", "right"].map((side) => toConfig(base, settings, side, catalog).method), presets.map((one) => one.method));
  const set = { ...settings, "part.weight": 5 };
  assert.deepEqual(["left", "right"].map((side) => toConfig(base, set, side, catalog).method.part), [{ weight: 5, kind: "a", same: 7 }, { weight: 5, kind: "b", same: 7 }]);
});

test("a report reads changes, marks them, and refuses broken ones", async () => {
  const { readReport } = await moduleOf("read-report.ts");
  const { marksOf } = await moduleOf("changes.ts");
  const { groupsOf } = await moduleOf("groups.ts");
  const { toCsv } = await moduleOf("csv.ts");
  const [plain, made] = [madeRun({ name: "plain", method: "lambda-darts" }), madeRun({ name: "made", seed: 1 })];
  const end = structuredClone(plain.events[0].config);
  end.seed = 1;
  end.data.dir = made.events[0].config.data.dir;
  end.architecture.constraints = [{ cell: "normal", from: 0, to: 3, operation: "none", rule: "forbid" }];
  // Half of the ten steps of epoch 3.
  const change = { version: 3, seconds: 6, event: "change", epoch: 3, step: 5, config: end, changed: ["method.name", "method.alignment.lambda", "architecture.constraints"] };
  const at = made.events.findIndex(({ epoch }) => epoch === 3);
  const withChange = (one) => ({ ...made, events: [...made.events.slice(0, at), one, ...made.events.slice(at)] });
  const { searches, faults } = readReport(JSON.stringify([plain, withChange(change)]));
  assert.deepEqual(faults, []);
  const runs = searches.map(({ run }) => run);
  assert.deepEqual(marksOf(runs[1]), [{ at: 2.5, text: "epoch 3: DARTS → Λ-DARTS, edge in→out: none forbidden" }]);
  // It ends with nearly the settings of the other one, and is no seed of it.
  assert.equal(groupsOf(runs).length, 2);
  const methods = toCsv(runs.slice(1), [], []).trim().split("\n").slice(1).map((row) => row.split(",")[1]);
  assert.deepEqual(methods, ["darts", "darts", "lambda-darts", "lambda-darts"]);

  for (const [broken, said] of [
    [{ epoch: 0 }, /no place in the run/],
    [{ step: -1 }, /no place in the run/],
    [{ changed: [7] }, /does not name its settings/],
    [{ config: { ...end, space: "s3" } }, /cannot change its space/],
    [{ config: { ...end, method: 7 } }, /no method/],
    [{ config: { ...end, architecture: { constraints: [{ cell: "normal", from: 0, to: 1, operation: "none" }] } } }, /has no rule/],
    [{ config: { ...end, architecture: { constraints: {} } } }, /not a list/],
  ]) {
    const [fault] = readReport(JSON.stringify([withChange({ ...change, ...broken })])).faults;
    assert.match(fault, said);
  }
});
