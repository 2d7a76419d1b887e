/** Real steps on WebGPU, through a software adapter where there is no other, held against the CPU device. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { download, of, parseLines, reads, stage, text } from "./support.mjs";

const { open } = stage(["--enable-unsafe-webgpu"]);
const PATIENCE = 900_000;
// Little work: software adapters are many times slower than a CPU.
const TINY = "data=digits&epochs=1&images=20&batch=4&channels=2&train=0";

async function twoSteps(device) {
  const page = await open(`?device=${device}&${TINY}`);
  for (const step of [1, 2]) {
    await page.getByTestId("step").click();
    for (const side of ["left", "right"]) await reads(page, `status-${side}`, new RegExp(`step ${step} of \\d+.*(paused)`), PATIENCE);
  }
  const name = await text(page, "device");
  const found = {};
  await page.getByTestId("step-epoch").click();
  await reads(page, "epoch", /^1$/, PATIENCE);
  for (const side of ["left", "right"]) found[side] = of(parseLines((await download(page, `export-events-${side}`)).bytes.toString()), "step");
  const complaints = page.seen.complaints;
  await page.context().close();
  return { name, found, complaints };
}

test("two steps on WebGPU are those of the CPU", { timeout: 2 * PATIENCE }, async () => {
  const gpu = await twoSteps("webgpu");
  assert.match(gpu.name, /webgpu|swiftshader/i);
  assert.deepEqual(gpu.complaints, []);
  const cpu = await twoSteps("cpu");
  for (const side of ["left", "right"]) {
    assert.ok(gpu.found[side].length >= 2);
    for (const step of [0, 1]) {
      const [a, b] = [gpu.found[side][step], cpu.found[side][step]];
      for (const key of ["train_loss", "valid_loss", "gradient_norm"]) {
        assert.ok(Math.abs(a[key] - b[key]) < 1e-3, `${side}, step ${step}, ${key}: ${a[key]} on WebGPU, ${b[key]} on the CPU`);
      }
    }
  }
});

test("auto leaves a software adapter alone", async () => {
  const page = await open(`?device=auto&${TINY}`);
  const info = await page.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter();
    return adapter && `${adapter.info?.vendor} ${adapter.info?.architecture} ${adapter.info?.description}`;
  });
  assert.ok(info, "the browser gives no adapter");
  await page.getByTestId("step").click();
  await reads(page, "status-left", /step 1 of/, PATIENCE);
  if (/swiftshader|llvmpipe/i.test(info)) {
    assert.match(await text(page, "device"), /cpu/i);
    assert.match(await text(page, "message"), /software/);
  } else assert.doesNotMatch(await text(page, "device"), /^cpu$/i);
});
