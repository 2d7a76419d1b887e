/** Pictures from files of the visitor. */
import type { Decoded } from "./decode";
import type { Fitted } from "./fit";

const MOST_BYTES = 64 << 20;
const MOST_MS = 20_000;

/** Picture of an image file, fitted into a square with this side. Rejects with a sentence. */
export async function pictureFromFile(file: File, side: number, channels: number): Promise<Fitted> {
  if (file.size > MOST_BYTES) throw new Error(`${file.name}: larger than ${MOST_BYTES >> 20} MiB.`);
  const worker = new Worker(new URL("./decode.ts", import.meta.url), { type: "module" });
  let timer = 0;
  try {
    const decoded = await new Promise<Decoded>((resolve) => {
      timer = window.setTimeout(resolve, MOST_MS, { reason: "the browser takes too long to read this picture" });
      worker.addEventListener("message", ({ data }: MessageEvent<Decoded>) => resolve(data));
      worker.addEventListener("error", () => resolve({ reason: "the browser failed to read this picture" }));
      worker.postMessage({ file, side, channels });
    });
    if ("reason" in decoded) throw new Error(`${file.name}: ${decoded.reason}.`);
    return decoded;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}
