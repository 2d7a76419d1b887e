/** Numbers, units, axes and means, without a page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleOf } from "./support.mjs";

const { duration } = await moduleOf("views/numbers.ts");
const { COUNT, FINE_PERCENT, PERCENT, PLAIN, shareUnit, write, writeSpread, writeTick } = await moduleOf("views/units.ts");
const { axisOf } = await moduleOf("views/axis.ts");
const { average, averages } = await moduleOf("statistics.ts");

test("tiny shares have a unit in which they can be read", () => {
  for (const [share, text] of [[0, "0.000 %"], [0.5, "50.0 %"], [0.005, "0.500 %"], [0.0049, "4.90 ‰"], [0.000_05, "0.050 ‰"], [0.000_04, "40.0 ppm"], [2e-9, "0.002 ppm"]]) {
    assert.equal(write(shareUnit(share), share), text);
  }
  assert.equal(write(shareUnit(0.3), 0.0004), "0.040 %");
});

test("means are written with their deviation, in one unit", () => {
  assert.equal(writeSpread(FINE_PERCENT, 0.7475, 0.205), "74.75 ± 20.50 %");
  assert.equal(writeSpread(PLAIN, -0.0161, 0.06), "−0.016 ± 0.060");
  assert.equal(writeSpread(COUNT, 4, undefined), "4");
  assert.equal(writeSpread(COUNT, 13 / 3, 1.53), "4.3 ± 1.5");
});

test("ticks have no more digits than they need", () => {
  assert.deepEqual([0.1 + 0.2, -0.2, 0, 0.915].map((tick) => writeTick(PERCENT, tick)), ["30 %", "−20 %", "0 %", "91.5 %"]);
  assert.deepEqual([0.0002, 1000, 2e6].map((tick) => writeTick(PLAIN, tick)), ["2.0·10⁻⁴", "1000", "2.0·10⁶"]);
});

test("times are written in their two largest units", () => {
  const times = [[0.0284, "0.028 s"], [0.31, "0.31 s"], [10.5, "10.5 s"], [59.96, "1 min 0 s"], [125.4, "2 min 5 s"], [7500, "2 h 5 min"], [3599.6, "1 h 0 min"]];
  for (const [seconds, text] of times) assert.equal(duration(seconds), text);
});

test("an axis is logarithmic only where it may be and values lie far apart", () => {
  const range = [100, 0];
  const near = axisOf([1, 5, 20], range, { far: true });
  assert.deepEqual([near.logarithmic, near.ticks[0]], [false, 0]);
  const far = axisOf([0.5, 5, 200, 0], range, { far: true });
  assert.deepEqual([far.logarithmic, far.ticks], [true, [0.1, 1, 10, 100, 1000]]);
  // What has no logarithm lies at the bottom.
  assert.deepEqual([0, -1, 0.1].map(far.y), [100, 100, 100]);
  assert.equal(axisOf([-0.5, 200], range, {}).logarithmic, false);
  assert.ok(axisOf([0, 3], range, { whole: true }).ticks.every(Number.isInteger));
  // Nothing is known yet.
  assert.ok(axisOf([], range, { far: true }).ticks.length > 1);
});

test("means are those of what is known, as far as all runs have come", () => {
  assert.deepEqual(average([2, undefined, 4, 9]), { mean: 5, deviation: Math.sqrt(13) });
  assert.deepEqual(average([3]), { mean: 3, deviation: undefined });
  assert.equal(average([undefined]), undefined);
  assert.deepEqual(averages([[1, 2, 3], [3, undefined]], (value) => value), [
    { mean: 2, deviation: Math.SQRT2 },
    { mean: 2, deviation: undefined },
  ]);
});
