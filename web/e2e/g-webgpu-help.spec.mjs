/** What a visitor without WebGPU is told to do, in this browser and in others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleOf, reads, SMALL, stage } from "./support.mjs";

const { open } = stage(["--host-resolver-rules=MAP lambda-darts.test 127.0.0.1"]);

const { webgpuHelp } = await moduleOf("webgpu-help.ts");

const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const chrome = (version) => `AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;

test("every browser has its own way to WebGPU", () => {
  const cases = [
    [`Mozilla/5.0 (X11; Linux x86_64) ${chrome(150)}`, /chrome:\/\/flags\/#enable-unsafe-webgpu.*#enable-vulkan.*restart Chrome/],
    [`Mozilla/5.0 (X11; Linux x86_64) ${chrome(150)} Edg/150.0.0.0`, /edge:\/\/flags\/#enable-unsafe-webgpu.*restart Edge/],
    [`${WINDOWS} ${chrome(150)}`, /graphics acceleration in chrome:\/\/settings\/system.*ARM/],
    [`${WINDOWS} ${chrome(150)} Edg/150.0.0.0`, /graphics acceleration in edge:\/\/settings\/system/],
    [`${MAC} ${chrome(150)}`, /graphics acceleration in chrome:\/\/settings\/system(?!.*ARM)/],
    [`${MAC} ${chrome(112)}`, /from version 113 on: update it/],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome(120)}`, /from version 121 on: update it/],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome(150)}`, /Android 12 and newer/],
    [`${WINDOWS.slice(0, -1)}; rv:140.0) Gecko/20100101 Firefox/140.0`, /Windows from version 141 on: update it, or set dom\.webgpu\.enabled/],
    [`${WINDOWS.slice(0, -1)}; rv:150.0) Gecko/20100101 Firefox/150.0`, /Windows from version 141 on: set dom\.webgpu\.enabled.*about:support/],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0", /Apple silicon from version 147 on: update/],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", /on Linux: set dom\.webgpu\.enabled to true in about:config/],
    ["Mozilla/5.0 (Android 15; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0", /Firefox has no WebGPU on Android/],
    [`${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15`, /version 26.*Develop, Feature Flags/],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/150.0 Mobile/15E148 Safari/604.1", /iOS 26/],
    ["Lynx/2.9", /Chrome and Edge.*Safari.*Firefox/],
  ];
  for (const [userAgent, said] of cases) {
    const help = webgpuHelp(userAgent, true);
    assert.match(help, said, userAgent);
    assert.match(help, /^[A-Z].*\.$/);
    // Where the address is the reason, nothing else matters.
    assert.match(webgpuHelp(userAgent, false), /https:.*localhost/);
  }
});

test("the page says what to do in this browser", async () => {
  const page = await open(`?device=webgpu&${SMALL}`);
  await page.getByTestId("step").click();
  await reads(page, "message", /no WebGPU adapter.*CPU instead.*chrome:\/\/gpu/);
  const other = await open(`?device=webgpu&${SMALL}`, { userAgent: `${WINDOWS} ${chrome(150)} Edg/150.0.0.0` });
  await other.getByTestId("step").click();
  await reads(other, "message", /no WebGPU adapter.*CPU instead.*edge:\/\/settings\/system/);
});

test("at an address without TLS the page says that this is the reason, and searches", async () => {
  const page = await open(`?device=webgpu&${SMALL}`, { host: "lambda-darts.test" });
  assert.equal(await page.evaluate(() => isSecureContext || "gpu" in navigator), false);
  await page.getByTestId("step").click();
  await reads(page, "message", /no WebGPU adapter.*CPU instead.*https:.*localhost/);
  await reads(page, "status-left", /step 1 of/);
});
