/** Encoding of screenshots as an animated WebP, by a browser: nothing else needs to be installed. */
import { animation } from "./webp.mjs";

/** Side of the blocks that are compared with the picture before, in pixels; WebP's own have the same. */
const BLOCK = 16;
const QUALITIES = [0.85, 0.75, 0.65, 0.5, 0.35];

/**
 * Animation of PNG files, each with its time in ms, of at most this number of bytes. `page` is any page of a browser. Of a
 * frame only the blocks are kept that changed.
 */
export async function encode(page, shots, most) {
  for (const quality of QUALITIES) {
    const frames = [];
    await page.evaluate(() => delete window.before);
    for (const { png, ms } of shots) {
      const changed = await page.evaluate(difference, [png.toString("base64"), BLOCK, quality]);
      const last = frames.at(-1);
      if (changed === null && last !== undefined) last.ms += ms;
      else frames.push({ ...changed, still: Buffer.from(changed.still, "base64"), ms });
    }
    const { width, height } = frames[0];
    const bytes = animation(width, height, frames);
    if (bytes.length <= most) return { bytes, quality, frames: frames.length };
  }
  throw new Error(`more than ${most} bytes even at the lowest quality: take fewer frames`);
}

/** In the page: the blocks of a picture that differ from the one before, as a WebP that is transparent elsewhere. */
async function difference([png, block, quality]) {
  const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (byte) => byte.charCodeAt(0))]));
  const { width, height } = bitmap;
  const whole = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  whole.drawImage(bitmap, 0, 0);
  const now = new Uint32Array(whole.getImageData(0, 0, width, height).data.buffer);
  const { before } = window;
  window.before = now;
  const changed = [];
  for (let y = 0; y < height; y += block) {
    for (let x = 0; x < width; x += block) {
      const rows = Array.from({ length: Math.min(block, height - y) }, (_, row) => (y + row) * width);
      const end = Math.min(x + block, width);
      const same = (row) => {
        for (let at = row + x; at < row + end; at += 1) if (now[at] !== before[at]) return false;
        return true;
      };
      if (before === undefined || !rows.every(same)) changed.push([x, y]);
    }
  }
  if (changed.length === 0) return null;
  const [left, top] = [0, 1].map((axis) => Math.min(...changed.map((place) => place[axis])));
  const [right, bottom] = [width, height].map((end, axis) => Math.min(end, Math.max(...changed.map((place) => place[axis])) + block));
  const part = new OffscreenCanvas(right - left, bottom - top);
  const context = part.getContext("2d");
  for (const [x, y] of changed) context.drawImage(bitmap, x, y, block, block, x - left, y - top, block, block);
  const bytes = new Uint8Array(await (await part.convertToBlob({ type: "image/webp", quality })).arrayBuffer());
  let still = "";
  for (let at = 0; at < bytes.length; at += 0x8000) still += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return { still: btoa(still), x: left, y: top, width: right - left, height: bottom - top };
}
