/** Animated WebP from still ones: the container's chunks, as https://developers.google.com/speed/webp/docs/riff_container has them. */

const HAS_ALPHA = 0x10;
const IS_ANIMATED = 0x02;

function chunk(name, ...parts) {
  const content = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

function numbers(bytes, ...values) {
  const made = Buffer.alloc(bytes * values.length);
  values.forEach((value, at) => made.writeUIntLE(value, at * bytes, bytes));
  return made;
}

/** The chunks of a still image that hold its pixels. */
function pixelsOf(still) {
  const found = [];
  for (let at = 12; at + 8 <= still.length; ) {
    const end = at + 8 + still.readUInt32LE(at + 4);
    if (["ALPH", "VP8 ", "VP8L"].includes(still.toString("latin1", at, at + 4))) found.push(chunk(still.toString("latin1", at, at + 4), still.subarray(at + 8, end)));
    at = end + (end % 2);
  }
  return found;
}

/** Animation that is repeated for ever. Each frame is laid over the ones before: a still WebP, its even place, its time in ms. */
export function animation(width, height, frames) {
  const shown = frames.map(({ still, x, y, width: wide, height: high, ms }) =>
    chunk("ANMF", numbers(3, x / 2, y / 2, wide - 1, high - 1, ms), Buffer.alloc(1), ...pixelsOf(still)),
  );
  const head = chunk("VP8X", Buffer.from([HAS_ALPHA | IS_ANIMATED, 0, 0, 0]), numbers(3, width - 1, height - 1));
  return chunk("RIFF", Buffer.from("WEBP", "latin1"), head, chunk("ANIM", numbers(4, 0xffffffff), numbers(2, 0)), ...shown);
}
