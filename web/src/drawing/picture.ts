/** Picture as the networks take it: bytes of square planes, one after the other, 0 for black. */

/** Side of a drawing in pixels, that of the original Fashion-MNIST. The networks resize a picture to their own side. */
export const SIDE = 28;
/** A larger side would make a drawing slow, and no network of this page reads more. */
const MOST_SIDE = 128;

/** Shape of the images that the networks were trained on. */
export interface Shape {
  channels: number;
  height: number;
  width: number;
}

export interface Picture {
  channels: number;
  side: number;
  /** `[channels, side, side]`. */
  pixels: Uint8Array;
}

/** Black picture for networks that read images of this shape. */
export function blank({ channels, height, width }: Shape): Picture {
  const side = Math.min(MOST_SIDE, Math.max(SIDE, height, width));
  return { channels, side, pixels: new Uint8Array(channels * side * side) };
}

export const isBlank = ({ pixels }: Picture): boolean => pixels.every((level) => level === 0);

/** Red, green, blue and opacity of every pixel, as a canvas takes them. */
export function toRgba({ channels, pixels }: { channels: number; pixels: Uint8Array }): Uint8ClampedArray<ArrayBuffer> {
  const size = pixels.length / channels;
  const rgba = new Uint8ClampedArray(4 * size);
  for (let at = 0; at < size; at += 1) {
    for (let colour = 0; colour < 3; colour += 1) {
      rgba[4 * at + colour] = pixels[(channels === 3 ? colour * size : 0) + at] ?? 0;
    }
    rgba[4 * at + 3] = 255;
  }
  return rgba;
}
