/** The tour from its first step to its last, its place in the address, groups that an address hides, links to papers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertLooks, drawn, events, moduleOf, of, reads, SMALL, stage, text } from "./support.mjs";

const { open } = stage();

const query = (page) => page.evaluate(() => location.search);
const words = async (page) => (await page.getByTestId("tour-card").innerText()).split("\n").filter((line) => line !== "");
const focused = (page) => page.evaluate(() => document.activeElement.dataset.testid ?? "");
/** Selector of the figure that the tour points at, as far as the test needs it. */
const pointed = (page) =>
  page.evaluate(() => [...document.querySelectorAll(".tour-target")].map((one) => one.dataset.plot ?? one.dataset.testid ?? one.closest("section").id));
/** Waits until the figure is in the window, and below the bar at its top. */
const seen = (page) =>
  page.waitForFunction(() => {
    const [target, bar] = [".tour-target", ".transport"].map((one) => document.querySelector(one).getBoundingClientRect());
    return target.top >= bar.bottom - 1 && target.top < innerHeight / 2;
  });

test("the tour leads through six figures and sets the controls", async () => {
  const page = await open(`?device=cpu&${SMALL}`);
  await page.locator('input[name="measure"][value="pull"]').check({ force: true });
  await page.getByTestId("tour").click();
  assert.deepEqual((await words(page)).slice(0, 2), ["Step 1 of 6", "Every edge is a mixture"]);
  assert.equal(await focused(page), "tour-next");
  assert.deepEqual(await pointed(page), ["cell"]);
  assert.equal(await page.getByTestId("tour-back").isDisabled(), true);
  assert.match(await query(page), /[?&]tour=1$/);
  assert.equal(await text(page, "epoch"), "0");

  await page.keyboard.press("Enter");
  assert.equal((await words(page))[1], "The softmax saturates");
  assert.deepEqual(await pointed(page), ["saturation"]);
  assert.equal(await page.locator('input[name="measure"][value="saturation"]').isChecked(), true);
  // It plays the one epoch that the figure needs, and no more.
  await reads(page, "epoch", /^1$/);
  await reads(page, "status-right", /Epoch 1 of 2, .* paused/);
  await seen(page);

  await page.keyboard.press("Enter");
  assert.deepEqual(await pointed(page), ["agreement"]);
  await page.getByTestId("tour-back").click();
  assert.equal((await words(page))[0], "Step 2 of 6");
  await page.getByTestId("tour-next").click();
  await page.getByTestId("tour-next").click();
  assert.equal((await words(page))[1], "The price");
  // Both searches go on to their end.
  for (const side of ["left", "right"]) await reads(page, `status-${side}`, /Finished after 2 epochs/, 300_000);
  await drawn(page);
  const [price] = await pointed(page);
  assert.ok(["race", "table-accuracy"].includes(price), price);

  await page.getByTestId("tour-next").click();
  assert.deepEqual([(await words(page))[1], ...(await pointed(page))], ["What Λ changes", "alignment"]);
  await page.getByTestId("tour-next").click();
  assert.deepEqual((await words(page)).slice(0, 2), ["Step 6 of 6", "Your turn"]);
  assert.equal(await page.getByTestId("tour-skip").isVisible(), false);
  assert.equal(await text(page, "tour-next"), "Finish");
  await page.getByTestId("tour-next").click();
  assert.equal(await page.getByTestId("tour-card").count(), 0);
  assert.equal(await page.locator(".tour-target").count(), 0);
  assert.equal(await focused(page), "tour");
  assert.doesNotMatch(await query(page), /tour/);
  for (const side of ["left", "right"]) {
    const all = await events(page, side);
    assert.deepEqual([of(all, "epoch").length, all.at(-1).event], [2, "end"]);
  }
  assert.deepEqual(page.seen.complaints, []);
});

test("the address opens a step and keeps it; Escape ends the tour", async () => {
  const page = await open(`?device=cpu&tour=3&${SMALL}`);
  assert.deepEqual((await words(page)).slice(0, 2), ["Step 3 of 6", "Cells that disagree"]);
  await reads(page, "epoch", /^1$/);
  await page.getByTestId("tour-skip").focus();
  // Settings that are changed meanwhile leave the step in the address.
  await page.locator("#more summary").click();
  await page.getByTestId("set-seed").fill("7");
  await page.getByTestId("set-seed").blur();
  await page.waitForFunction(() => /seed=7.*tour=3/.test(location.search));
  await page.keyboard.press("Escape");
  assert.equal(await page.getByTestId("tour-card").count(), 0);
  assert.match(await query(page), /seed=7/);
  assert.doesNotMatch(await query(page), /tour/);

  const wrong = await open("?tour=7");
  await reads(wrong, "message", /does not know.*tour=7/);
  assert.equal(await wrong.getByTestId("tour-card").count(), 0);
});

test("a reset ends what the tour waits for", async () => {
  const page = await open(`?device=cpu&epochs=200&${SMALL}`);
  await page.getByTestId("play").click();
  await page.getByTestId("tour").click();
  for (const _ of [2, 3, 4]) await page.getByTestId("tour-next").click();
  await page.getByTestId("reset").click();
  await reads(page, "status-left", /^Ready/);
  await drawn(page);
  assert.equal(await page.getByTestId("play").isEnabled(), true);
  assert.equal(await text(page, "status-left"), "Ready.");
});

for (const [width, height] of [[1440, 900], [390, 844]]) {
  test(`the card is in the window and covers no figure, at ${width} pixels`, async () => {
    const page = await open(`?device=cpu&tour=1&${SMALL}`, { viewport: { width, height }, reducedMotion: "reduce" });
    for (let step = 1; step <= 3; step += 1) {
      if (step > 1) await page.getByTestId("tour-next").click();
      if (step === 2) await reads(page, "epoch", /^1$/);
      await drawn(page);
      await seen(page);
      const [card, target] = await page.evaluate(() => [".tour-card", ".tour-target"].map((one) => document.querySelector(one).getBoundingClientRect().toJSON()));
      assert.ok(card.left >= 0 && card.right <= width && card.top >= 0 && card.bottom <= height, JSON.stringify(card));
      const apart = card.top >= target.bottom || card.bottom <= target.top || card.left >= target.right || card.right <= target.left;
      assert.ok(apart, `step ${step}: the card ${JSON.stringify(card)} is over ${JSON.stringify(target)}`);
    }
    await assertLooks(page, width);
  });
}

test("a teacher's link hides groups of controls and keeps doing so", async () => {
  const page = await open("?hide=settings,tour,explanation&seed=3");
  for (const hidden of ["preset", "method-left", "tour"]) assert.equal(await page.getByTestId(hidden).isVisible(), false, hidden);
  assert.equal(await page.locator("#explanation").isVisible(), false);
  for (const shown of ["play", "drop", "device"]) assert.equal(await page.getByTestId(shown).isVisible(), true, shown);
  assert.equal(await query(page), "?seed=3&hide=settings,tour,explanation");
  assert.equal(await page.getByTestId("message").innerText(), "");

  const other = await open("?hide=settings,teachers,tour");
  await reads(other, "message", /does not know, and which is left out: hide=teachers\./);
  assert.equal(await other.getByTestId("tour").isVisible(), false);
  await other.waitForFunction(() => location.search === "?hide=settings,tour");
});

test("every option links its source", async () => {
  const page = await open("?left=beta-darts&right=gdas&space=s2");
  await page.locator("#more summary").click();
  const link = (host) => page.locator(`${host} > a.paper`);
  const sources = {
    ".sourced.field-space": "https://arxiv.org/abs/1909.09656",
    ".sourced.field-left": "https://arxiv.org/abs/2203.01665",
    ".sourced.field-right": "https://arxiv.org/abs/1910.04465",
    ".sourced.field-data": "https://arxiv.org/abs/1708.07747",
    '[data-part="log_sum_exp"]': "https://arxiv.org/abs/2203.01665",
    '[data-part="gumbel_hard"]': "https://arxiv.org/abs/1910.04465",
  };
  for (const [host, address] of Object.entries(sources)) {
    assert.equal(await link(host).getAttribute("href"), address, host);
    assert.deepEqual([await link(host).getAttribute("rel"), await link(host).getAttribute("target")], ["noopener", "_blank"]);
    assert.equal(await link(host).innerText(), "paper");
  }
  await page.getByTestId("method-left").selectOption("darts");
  await page.waitForFunction(() => document.querySelector(".sourced.field-left > a").href.endsWith("/1806.09055"));
  await page.getByTestId("set-data").selectOption("digits");
  await page.waitForFunction(() => document.querySelector(".sourced.field-data > a").textContent === "page");
  assert.equal(await link(".sourced.field-data").getAttribute("href"), "https://doi.org/10.24432/C50P49");
  // No choice is without a source.
  const { sourceIn, sourceOf } = await moduleOf("papers.ts");
  const choices = (key) => page.locator(`select[name="${key}"] option`).evaluateAll((all) => all.map(({ value, title }) => [value, title]));
  for (const key of ["space", "data"]) {
    for (const [value] of await choices(key)) assert.match(sourceOf(key, value, { methods: [] })?.address ?? "", /^https:/, value);
  }
  for (const [value, title] of await choices("left")) assert.equal(sourceIn(title)?.kind, "paper", value);
});
