/** Drawing and dropping pictures: what the networks are asked, and what is said about their answers. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { encode } from "../record/encode.mjs";
import { serve } from "./server.mjs";
import { assertLooks, moduleOf, reads, stage, text } from "./support.mjs";

const { visit } = stage();
const web = fileURLToPath(new URL("..", import.meta.url));
const own = {};

/** The drawing alone, with the section of the real page. */
before(async () => {
  own.folder = await mkdtemp(join(tmpdir(), "lambda-darts-draw-"));
  const [section] = /<section id="draw">.*?<\/section>/s.exec(await readFile(`${web}index.html`, "utf8"));
  await build({
    configFile: false,
    root: `${web}e2e/draw-page`,
    base: "./",
    logLevel: "silent",
    worker: { format: "es" },
    plugins: [{ name: "section", transformIndexHtml: (html) => html.replace("<!-- The section of the page. -->", section) }],
    build: { outDir: own.folder, emptyOutDir: true, target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  });
  own.served = await serve(own.folder);
});
after(async () => {
  own.served?.server.close();
  if (own.folder !== undefined) await rm(own.folder, { recursive: true });
});

async function open({ shape, trained = true, ...options } = {}) {
  const page = await visit(own.served.address, options);
  if (trained) await page.evaluate((given) => window.train(given), shape);
  return page;
}

/** The last question to a side, once the networks have answered everything. */
async function asked(page, side) {
  const call = await page.waitForFunction(
    (name) => {
      const { calls, asked } = window.nets;
      return asked === 0 && calls.findLast((one) => one.side === name);
    },
    side,
  );
  return call.jsonValue();
}

const rows = ({ pixels, width }) => Array.from({ length: pixels.length / width }, (_, row) => pixels.slice(row * width, (row + 1) * width));

/** Drags the mouse through points of the canvas, given in its 28 pixels. */
async function stroke(page, points) {
  const canvas = page.getByTestId("draw");
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  const at = ([x, y]) => [box.x + (x / 28) * box.width, box.y + (y / 28) * box.height];
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 });
  await page.mouse.up();
}

/** A PNG with these colours, `draw` being called with the context of a canvas. */
const image = (page, width, height, draw) =>
  page.evaluate(
    async ([w, h, body]) => {
      const canvas = new OffscreenCanvas(w, h);
      new Function("context", body)(canvas.getContext("2d"));
      return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer())];
    },
    [width, height, draw],
  );

const drop = (page, bytes, name = "picture.png", type = "image/png") =>
  page.evaluate(
    ([content, called, kind]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(content)], called, { type: kind }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    [bytes, name, type],
  );

test("a stroke becomes bytes: soft at its edge, smooth at its bends", async () => {
  const { Stroke, dab, pressed } = await moduleOf("drawing/brush.ts");
  const paper = (channels = 1) => ({ channels, side: 28, pixels: new Uint8Array(channels * 28 * 28) });
  const line = paper();
  const brush = { radius: 2, erases: false };
  const straight = new Stroke(line, brush, { x: 4, y: 14 });
  straight.to({ x: 14, y: 14 }, brush);
  straight.to({ x: 24, y: 14 }, brush);
  straight.end(brush);
  const column = rows({ pixels: [...line.pixels], width: 28 }).map((row) => row[14]);
  // Centres of the rows lie 0.5, 1.5 and 2.5 from the line: covered in full, 0.5/1.2 + 0.5 and 0.5 − 0.5/1.2.
  const [edge, inner] = [255 * (0.5 - 0.5 / 1.2), 255 * (0.5 + 0.5 / 1.2)];
  // A dab may lie a little beside the column.
  [0, edge, inner, 255, 255, inner, edge, 0].forEach((level, at) => assert.ok(Math.abs(column[10 + at] - level) <= 2, `${column[10 + at]}, not ${level}`));
  assert.deepEqual([line.pixels[14 * 28], line.pixels[14 * 28 + 27]], [0, 0]);
  assert.deepEqual([2, 25].map((x) => line.pixels[14 * 28 + x] > 200), [true, true]);

  // Around a corner: its tip is cut.
  const bent = paper();
  const thin = { radius: 0.8, erases: false };
  const corner = new Stroke(bent, thin, { x: 4, y: 24 });
  for (const at of [{ x: 24, y: 24 }, { x: 24, y: 4 }]) corner.to(at, thin);
  corner.end(thin);
  assert.equal(bent.pixels[24 * 28 + 24], 0);
  assert.ok(bent.pixels[4 * 28 + 24] > 150 && bent.pixels[24 * 28 + 4] > 150);

  // The eraser in all channels, and never beyond the paper.
  const colours = paper(3);
  colours.pixels.fill(255);
  dab(colours, { radius: 3, erases: true }, { x: 0, y: 0 });
  for (const channel of [0, 1, 2]) assert.deepEqual([0, 27].map((at) => colours.pixels[channel * 784 + at]), [0, 255]);
  assert.deepEqual([pressed("mouse", 0.5), pressed("touch", 0.1), pressed("pen", 0), pressed("pen", 0.5), pressed("pen", 1)], [1, 1, 1, 1, 1.6]);
});

test("an image is fitted: its proportions, grey, inversion, margin, opacity", async () => {
  const { fit, fittedSize, resize } = await moduleOf("drawing/fit.ts");
  assert.deepEqual([fittedSize(4000, 3000, 28), fittedSize(3, 1000, 28), fittedSize(14, 14, 28)], [{ width: 28, height: 21 }, { width: 1, height: 28 }, { width: 28, height: 28 }]);
  // 3 → 2: means over [0, 1.5) and [1.5, 3), as in the library.
  assert.deepEqual([...resize({ width: 3, height: 1, levels: Float32Array.of(30, 60, 90) }, 2, 1)], [40, 80]);
  const of = (width, height, colour) => ({ width, height, rgba: Uint8ClampedArray.from({ length: 4 * width * height }, (_, at) => colour(Math.floor(at / 4) % width, Math.floor(at / 4 / width))[at % 4]) });
  // A dark red square of 4 × 8 on white: the margin goes, it is inverted, and stands in the middle.
  const object = (x, y) => x >= 3 && x < 7 && y >= 1 && y < 9;
  const shirt = fit(of(10, 10, (x, y) => (object(x, y) ? [100, 0, 0, 255] : [255, 255, 255, 255])), 28, 1);
  assert.equal(shirt.inverted, true);
  assert.deepEqual([shirt.picture.channels, shirt.picture.side, shirt.picture.pixels.length], [1, 28, 784]);
  const grey = Math.round(255 - 0.299 * 100);
  for (const row of rows({ pixels: [...shirt.picture.pixels], width: 28 })) {
    assert.deepEqual(row, [...Array(7).fill(0), ...Array(14).fill(grey), ...Array(7).fill(0)]);
  }
  // The same on black is not inverted; with three channels it keeps colours, margin and proportions.
  const night = (x, y) => (object(x, y) ? [100, 0, 0, 255] : [0, 0, 0, 255]);
  assert.equal(fit(of(10, 10, night), 28, 1).inverted, false);
  const colour = fit(of(10, 5, night), 20, 3).picture.pixels;
  assert.deepEqual([4, 5, 14, 15].map((row) => colour[row * 20 + 8]), [0, 0, 100, 0].map((level, at) => (at === 1 ? 0 : level)));
  assert.deepEqual([colour[400 + 14 * 20 + 8], colour[800 + 14 * 20 + 8]], [0, 0]);
  // What is behind a see-through image is what makes its object visible.
  for (const [level, inverted] of [[20, true], [230, false]]) {
    const cut = fit(of(10, 10, (x, y) => [level, level, level, object(x, y) ? 255 : 0]), 28, 1);
    assert.deepEqual([cut.inverted, cut.picture.pixels[14 * 28 + 14], cut.picture.pixels[0]], [inverted, inverted ? 235 : 230, 0]);
  }
  // One colour everywhere is a picture, too.
  assert.equal(fit(of(5, 5, () => [9, 9, 9, 255]), 28, 1).picture.pixels[0], 9);
});

test("of many requests the newest counts, and one runs at a time", async () => {
  const { Latest } = await moduleOf("drawing/latest.ts");
  const seen = [];
  let [running, most, release] = [0, 0, () => {}];
  const latest = new Latest(async (job) => {
    seen.push(job);
    most = Math.max(most, (running += 1));
    await new Promise((resolve) => (release = resolve));
    running -= 1;
  }, 5);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (const job of [1, 2, 3]) latest.ask(job);
  await pause(30);
  assert.deepEqual(seen, [3]);
  for (const job of [4, 5]) latest.ask(job);
  await pause(30);
  latest.ask(6);
  await pause(30);
  assert.deepEqual([seen, most], [[3], 1]);
  release();
  await pause(30);
  assert.deepEqual(seen, [3, 6]);
  latest.ask(7);
  latest.forget();
  release();
  await pause(30);
  assert.deepEqual([seen, most], [[3, 6], 1]);
});

test("the sentence compares both answers", async () => {
  const { verdict } = await moduleOf("views/prediction.ts");
  const names = { left: "DARTS", right: "Λ-DARTS" };
  const classes = ["bag", "coat"];
  assert.equal(verdict(classes, { left: [0.9, 0.1], right: [0.75, 0.25] }, names), "Both say bag, with 90.0 % and 75.0 %.");
  assert.equal(verdict(classes, { left: [0.9, 0.1], right: [0.25, 0.75] }, names, 1), "They differ: DARTS says bag (90.0 %), Λ-DARTS says coat (75.0 %). Its label is coat.");
});

test("a drawn stroke is predicted by both, and cleared again", async () => {
  const page = await open({ trained: false });
  assert.equal(await page.getByTestId("draw").isVisible(), false);
  assert.match(await page.locator(".draw-note").innerText(), /Once both networks are trained, you can draw here/);
  await page.evaluate(() => window.train());
  assert.equal(await page.locator(".draw-note").isVisible(), false);
  assert.equal(await text(page, "prediction-left"), "–");
  await stroke(page, [[14, 4], [14, 24]]);
  await reads(page, "prediction-left", /^[a-zA-Z/ -]+ \d+\.\d %$/);
  const call = await asked(page, "left");
  assert.deepEqual([call.channels, call.height, call.width, call.pixels.length], [1, 28, 28, 784]);
  const [upper, middle] = [rows(call)[0], rows(call)[14]];
  assert.ok(upper.every((level) => level === 0) && middle[3] === 0 && middle[24] === 0);
  assert.deepEqual(middle.slice(13, 15), [255, 255]);
  // The answer to the finished stroke: both count about 4 columns of 28, over all rows or over the lower half.
  await reads(page, "draw-verdict", /^(Both say|They differ: DARTS says) (trouser|pullover)/);
  assert.equal(await page.locator(".predictions tbody tr").count(), 10);
  const bars = await page.locator(".predictions .left").evaluateAll((all) => all.map((one) => Number(one.style.getPropertyValue("--share"))));
  assert.ok(Math.abs(bars.reduce((a, b) => a + b, 0) - 1) < 1e-5);
  assert.equal(await page.locator(".predictions .left.best").count(), 1);
  await page.getByTestId("clear-drawing").click();
  await reads(page, "prediction-left", /^–$/);
  await reads(page, "draw-verdict", /^Nothing is drawn yet\.$/);
  assert.deepEqual(page.seen.complaints, []);
});

test("while the networks are slow, only one request waits", async () => {
  const page = await open();
  await page.evaluate(() => (window.nets.slow = 400));
  for (const x of [6, 10, 14, 18, 22]) await stroke(page, [[x, 6], [x, 22]]);
  const { pixels } = await asked(page, "right");
  await reads(page, "draw-verdict", /^(Both|They)/);
  const { most, calls } = await page.evaluate(() => ({ most: window.nets.most, calls: window.nets.calls.length }));
  // Two sides at once; far fewer questions than movements, and the last one has all five strokes.
  assert.equal(most, 2);
  assert.ok(calls < 40, `${calls} calls`);
  assert.deepEqual([6, 10, 14, 18, 22].map((x) => pixels[14 * 28 + x]), Array(5).fill(255));
});

test("keys draw, and a pen draws wider where it is pressed", async () => {
  const page = await open();
  await page.getByTestId("draw").focus();
  for (const key of ["ArrowLeft", "ArrowLeft", " ", ...Array(6).fill("ArrowRight"), " "]) await page.keyboard.press(key);
  await reads(page, "draw-verdict", /^(Both|They)/);
  const { pixels } = await asked(page, "left");
  assert.deepEqual([9, 12, 18, 21].map((x) => pixels[14 * 28 + x] > 200), [false, true, true, false]);
  await page.keyboard.press("Delete");
  await reads(page, "draw-verdict", /^Nothing is drawn/);
  const wide = async (pressure) => {
    await page.getByTestId("draw").evaluate((canvas, pressed) => {
      const { left, top, width } = canvas.getBoundingClientRect();
      const at = (type, y) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, pointerType: "pen", isPrimary: true, bubbles: true, pressure: type === "pointerup" ? 0 : pressed, clientX: left + width / 2, clientY: top + y * width }));
      canvas.setPointerCapture = () => {};
      at("pointerdown", 0.3);
      at("pointermove", 0.5);
      at("pointermove", 0.7);
      at("pointerup", 0.7);
    }, pressure);
    await reads(page, "draw-verdict", /^(Both|They)/);
    const call = await asked(page, "left");
    await page.getByTestId("clear-drawing").click();
    return rows(call)[14].filter((level) => level > 127).length;
  };
  assert.deepEqual([await wide(0.1), await wide(1)], [2, 6]);
});

test("a dropped picture is fitted, turned to grey and inverted; one that is none is explained", async () => {
  const page = await open();
  // A dark bag on white, in a wide image.
  const bag = await image(page, 300, 150, 'context.fillStyle = "#fff"; context.fillRect(0, 0, 300, 150); context.fillStyle = "#203040"; context.fillRect(100, 50, 100, 50);');
  await drop(page, bag, "bag.png");
  await page.waitForFunction(() => document.querySelector("#message").textContent !== "");
  assert.equal(await page.locator("#message").innerText(), "bag.png: fitted into 28 × 28 pixels, turned to grey, inverted, because its border is light.");
  await reads(page, "draw-verdict", /^(Both|They)/);
  const call = await asked(page, "right");
  const grey = Math.round(255 - (0.299 * 0x20 + 0.587 * 0x30 + 0.114 * 0x40));
  // The margin is gone: 28 × 14 pixels in the middle.
  assert.deepEqual(rows(call).map((row) => Math.max(...row) > 0), Array.from({ length: 28 }, (_, row) => row >= 7 && row < 21));
  assert.deepEqual(rows(call)[14].slice(2, 26), Array(24).fill(grey));
  await page.locator(".draw-open input").setInputFiles({ name: "cut.webp", mimeType: "image/webp", buffer: Buffer.from("RIFF????WEBPVP8 ") });
  await page.waitForFunction(() => /cut\.webp/.test(document.querySelector(".draw-said").textContent));
  assert.equal(await page.locator(".draw-said").innerText(), "cut.webp: not a picture that this browser can read.");
  // What was there is there still.
  assert.deepEqual((await asked(page, "right")).pixels, call.pixels);
  assert.deepEqual(page.seen.complaints, []);
  assert.deepEqual(page.seen.sent, []);
});

test("networks that read colours get three channels", async () => {
  const page = await open({ shape: { channels: 3, height: 32, width: 32 } });
  const picture = await image(page, 64, 64, 'context.fillStyle = "#fff"; context.fillRect(0, 0, 64, 64); context.fillStyle = "#c80000"; context.fillRect(16, 16, 32, 32);');
  await drop(page, picture);
  await reads(page, "draw-verdict", /^(Both|They)/);
  const { channels, height, width, pixels } = await asked(page, "left");
  assert.deepEqual([channels, height, width, pixels.length], [3, 32, 32, 3072]);
  const at = (row, column) => [0, 1, 2].map((channel) => pixels[channel * 1024 + row * 32 + column]);
  assert.deepEqual([at(16, 16), at(2, 2)], [[200, 0, 0], [255, 255, 255]]);
});

test("a test image is chosen with its label, and the next press takes the next one", async () => {
  const page = await open();
  const button = page.getByRole("button", { name: "dress" });
  await button.click();
  await reads(page, "draw-verdict", /Its label is dress\.$/);
  const first = (await asked(page, "left")).pixels;
  assert.deepEqual([5, 6, 21, 22].map((x) => first[x]), [0, 100, 100, 0]);
  await button.click();
  await page.waitForFunction(() => window.nets.calls.at(-1).pixels[7] === 0);
  // Drawn on, it is no test image any more.
  await stroke(page, [[4, 4], [8, 8]]);
  await reads(page, "draw-verdict", /\.$/);
  await page.waitForFunction(() => !/label/.test(document.querySelector(".draw-verdict").textContent));
  await page.evaluate(() => (window.nets.fault = "the device was lost"));
  await stroke(page, [[20, 4], [20, 8]]);
  await reads(page, "draw-verdict", /^The networks gave no answer: the device was lost$/);
});

test("a recording is an animation that browsers show, with what changed in each frame", async () => {
  const page = await open();
  const shot = (x) => image(page, 64, 48, `context.fillStyle = "#fff"; context.fillRect(0, 0, 64, 48); context.fillStyle = "#c80000"; context.fillRect(${x}, 16, 16, 16);`);
  const shots = [];
  for (const [x, ms] of [[0, 100], [0, 50], [32, 200]]) shots.push({ png: Buffer.from(await shot(x)), ms });
  const { bytes, frames } = await encode(page, shots, 10_000);
  assert.equal(frames, 2);
  const shown = await page.evaluate(async (content) => {
    const decoder = new ImageDecoder({ data: Uint8Array.from(content), type: "image/webp" });
    await decoder.tracks.ready;
    const seen = [];
    for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex += 1) {
      const { image } = await decoder.decode({ frameIndex });
      const context = new OffscreenCanvas(64, 48).getContext("2d");
      context.drawImage(image, 0, 0);
      const red = [8, 40].map((x) => context.getImageData(x, 24, 1, 1).data[1] < 60);
      seen.push({ ms: image.duration / 1000, size: [image.displayWidth, image.displayHeight], red });
    }
    return seen;
  }, [...bytes]);
  assert.deepEqual(shown, [
    { ms: 150, size: [64, 48], red: [true, false] },
    { ms: 200, size: [64, 48], red: [false, true] },
  ]);
  await assert.rejects(encode(page, shots, 100), /more than 100 bytes even at the lowest quality/);
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1440, 820, 390]) {
    test(`the drawing in ${colorScheme} at ${width} pixels`, async () => {
      const page = await open({ colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" });
      await stroke(page, [[8, 5], [20, 5], [20, 24], [8, 24], [8, 6]]);
      await reads(page, "draw-verdict", /^(Both|They)/);
      await assertLooks(page, width);
    });
  }
}
