/** Worker that decodes one image file, so that a large photograph does not hold the page up. */
import { fit, fittedSize, type Fitted } from "./fit";

export interface Decode {
  file: Blob;
  side: number;
  channels: number;
}

/** Answer of the worker; without a picture, the browser could not read the file. */
export type Decoded = Fitted | { reason: string };

/** Longest side that is looked at; the browser shrinks what is larger. */
const MOST = 512;

async function decode({ file, side, channels }: Decode): Promise<Decoded> {
  const bitmap = await createImageBitmap(file);
  const longest = Math.max(bitmap.width, bitmap.height);
  const { width, height } = longest > MOST ? fittedSize(bitmap.width, bitmap.height, MOST) : bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (context === null) return { reason: "this browser gives no canvas to read it with" };
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return fit({ width, height, rgba: context.getImageData(0, 0, width, height).data }, side, channels);
}

addEventListener("message", ({ data }: MessageEvent<Decode>) => {
  decode(data).catch((): Decoded => ({ reason: "not a picture that this browser can read" })).then((answer) => postMessage(answer));
});
