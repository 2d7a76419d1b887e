/** The page as a visitor meets it: Play, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { events, of, reads, stage, text } from "./support.mjs";

const { open } = stage();

const SIDES = ["left", "right"];

/** WebAssembly has the same numbers everywhere, so that this is the run of every visitor on a CPU. */
test("by default DARTS collapses, which costs at least three points, and Λ-DARTS does not", async (context) => {
  const page = await open("?device=cpu");
  const begin = performance.now();
  await page.getByTestId("play").click();
  for (const side of SIDES) await reads(page, `progress-${side}`, /^Trained for \d+ epochs$/, 30 * 60_000);
  const [left, right] = await Promise.all(SIDES.map(async (side) => parseFloat(await text(page, `accuracy-${side}`))));
  context.diagnostic(`${((performance.now() - begin) / 1000).toFixed(0)} s; DARTS ${left} %, Λ-DARTS ${right} %`);
  assert.ok(left > 50 && right - left >= 3, `${left} and ${right}`);
  assert.match(await reads(page, "verdict", /reaches/), /^The collapse of DARTS cost \d+\.\d points of test accuracy: .*; the cell of Λ-DARTS/);
  const darts = of(await events(page, "left"), "epoch").at(-1);
  const aligned = of(await events(page, "right"), "epoch").at(-1);
  assert.ok(darts.parameter_free > aligned.parameter_free, `${darts.parameter_free} and ${aligned.parameter_free}`);
  assert.ok(darts.cell_types[0].alignment < aligned.cell_types[0].alignment);
  assert.deepEqual(page.seen.sent, []);
  assert.deepEqual(page.seen.complaints, []);
});
