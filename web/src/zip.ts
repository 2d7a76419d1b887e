/** A run as one .zip, whose files are those of a run's folder. */
import { strToU8, unzipSync, zipSync, type Zippable } from "fflate";

export const EVENTS = "events.jsonl";
export const CHECKPOINT = "checkpoint.safetensors";
const MOST_FILES = 100;
const MOST_BYTES = 512 << 20;

/** Packs the files of a run, by their names. */
export function zip(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const packed: Zippable = {};
  for (const [name, content] of Object.entries(files)) {
    // Weights hardly shrink.
    packed[name] = typeof content === "string" ? strToU8(content) : [content, { level: 0 }];
  }
  return zipSync(packed);
}

/** Unpacks the events and the checkpoint of a run. Throws a sentence. */
export function unzip(bytes: Uint8Array): { events: string; checkpoint: Uint8Array } {
  let count = 0;
  let total = 0;
  if (isZip64(bytes)) throw new Error("it is a ZIP64 archive, which this page does not read");
  const files = unzipSync(bytes, {
    filter: ({ name, originalSize }) => {
      count += 1;
      if (count > MOST_FILES) throw new Error(`more than ${MOST_FILES} files`);
      const wanted = isNamed(name, EVENTS) || isNamed(name, CHECKPOINT);
      if (wanted) total += originalSize;
      if (total > MOST_BYTES) throw new Error(`larger than ${MOST_BYTES >> 20} MiB`);
      return wanted;
    },
  });
  const find = (wanted: string): Uint8Array => {
    const found = Object.keys(files).filter((name) => isNamed(name, wanted));
    const content = files[found[0] ?? ""];
    if (content === undefined) throw new Error(`there is no ${wanted} in it`);
    if (found.length > 1) throw new Error(`there are several runs in it`);
    return content;
  };
  return { events: new TextDecoder().decode(find(EVENTS)), checkpoint: find(CHECKPOINT) };
}

/** True for a file of this name, in whichever folder. */
const isNamed = (path: string, name: string): boolean => path === name || path.endsWith(`/${name}`);

/** Length of the record that ends an archive, and of the longest comment behind it. */
const [END, MOST_COMMENT] = [22, 0xffff];

/** True for an archive with ZIP64 records: on damaged ones, the library does not come to an end. */
function isZip64(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.length - END; at >= Math.max(0, bytes.length - END - MOST_COMMENT); at -= 1) {
    if (view.getUint32(at, true) === 0x06054b50) return view.getUint16(at + 8, true) === 0xffff || view.getUint32(at + 16, true) === 0xffffffff;
  }
  return false;
}
