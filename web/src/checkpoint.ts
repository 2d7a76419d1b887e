/** Checkpoint file of a search: the part of the event log that belongs to it. */

const KEY = "lambda-darts";
const MOST_HEADER_BYTES = 64 << 20;

/** Position in an event log: length and CRC-32 of the part before it. */
interface LogPosition {
  bytes: number;
  crc32: number;
}

/** Returns the number of events before a checkpoint. Throws a sentence if it is damaged, or belongs to other events. */
export function eventsBefore(checkpoint: Uint8Array, log: string): number {
  const { bytes, crc32 } = positionOf(checkpoint);
  const before = new TextEncoder().encode(log).subarray(0, bytes);
  if (before.length < bytes || crc32Of(before) !== crc32) throw new Error("the checkpoint was taken with other events than these");
  const lines = new TextDecoder().decode(before).split("\n").filter((line) => line.trim() !== "");
  // A run that was made longer says its settings again, which is no further event of it.
  return lines.filter((line, at) => at === 0 || JSON.parse(line).event !== "start").length;
}

/** Reads the position from the metadata of the file, which is in the safetensors format. */
function positionOf(checkpoint: Uint8Array): LogPosition {
  try {
    const view = new DataView(checkpoint.buffer, checkpoint.byteOffset, checkpoint.byteLength);
    const length = Number(view.getBigUint64(0, true));
    if (length > Math.min(MOST_HEADER_BYTES, checkpoint.length - 8)) throw new RangeError("too short");
    const header = JSON.parse(new TextDecoder().decode(checkpoint.subarray(8, 8 + length)));
    const { kind, rest } = JSON.parse(header.__metadata__[KEY]);
    const { position } = JSON.parse(rest);
    if (kind !== "search" || !Number.isSafeInteger(position.bytes) || !Number.isSafeInteger(position.crc32)) throw new TypeError("no position");
    return position;
  } catch {
    throw new Error("not the checkpoint of a search, or damaged");
  }
}

function crc32Of(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Remainders of all bytes. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});
