/** From the pixels of any image to a picture for the networks: fitted into the square, grey, bright on black. */
import type { Picture } from "./picture";

/** Colours of an image, four bytes a pixel. */
export interface Image {
  width: number;
  height: number;
  rgba: Uint8ClampedArray;
}

/** One channel. */
interface Plane {
  width: number;
  height: number;
  levels: Float32Array;
}

export interface Fitted {
  picture: Picture;
  /** The border was light, so white and black were exchanged. */
  inverted: boolean;
}

/** Levels from the border's that still count as the same plain background; Fashion-MNIST was made with this share, too. */
const PLAIN = 0.05 * 255;
/** Above this, a level is light. */
const LIGHT = 127.5;

/** Largest size with the same proportions that fits into a square, at least one pixel wide and high. */
export function fittedSize(width: number, height: number, side: number): { width: number; height: number } {
  const scale = side / Math.max(width, height, 1);
  const fit = (length: number): number => Math.max(1, Math.round(scale * length));
  return { width: fit(width), height: fit(height) };
}

/** Picture of an image. With three channels it keeps its colours; otherwise it becomes grey and bright on black. */
export function fit(image: Image, side: number, channels: number): Fitted {
  const colours = opaque(image);
  if (channels === 3) return { picture: place(colours, side), inverted: false };
  const grey = greyOf(colours);
  const inverted = middle(border(grey)) > LIGHT;
  const plane = trim(inverted ? { ...grey, levels: grey.levels.map((level) => 255 - level) } : grey);
  return { picture: place(Array<Plane>(channels).fill(plane), side), inverted };
}

/** Red, green and blue, on white if what is opaque is dark and on black if it is bright, so that the object stays visible. */
function opaque({ width, height, rgba }: Image): Plane[] {
  let [light, weight] = [0, 0];
  for (let at = 0; at < rgba.length; at += 4) {
    const opacity = rgba[at + 3] ?? 0;
    light += opacity * luminance(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    weight += opacity;
  }
  const behind = light < LIGHT * weight ? 255 : 0;
  return [0, 1, 2].map((colour) => {
    const levels = new Float32Array(width * height);
    levels.forEach((_, at) => {
      const opacity = (rgba[4 * at + 3] ?? 0) / 255;
      levels[at] = opacity * (rgba[4 * at + colour] ?? 0) + (1 - opacity) * behind;
    });
    return { width, height, levels };
  });
}

const luminance = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;

function greyOf([red, green, blue]: readonly Plane[]): Plane {
  const { width, height } = red as Plane;
  const level = (plane: Plane | undefined, at: number): number => plane?.levels[at] ?? 0;
  return { width, height, levels: new Float32Array(width * height).map((_, at) => luminance(level(red, at), level(green, at), level(blue, at))) };
}

/** Levels along the four sides. */
function border({ width, height, levels }: Plane): number[] {
  return [...levels].filter((_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    return row === 0 || row === height - 1 || column === 0 || column === width - 1;
  });
}

/** Median, which a single dark corner does not move. */
function middle(levels: number[]): number {
  return levels.sort((a, b) => a - b)[levels.length >> 1] ?? 0;
}

/** Cuts off the plain margin, as the makers of Fashion-MNIST did: there, clothes fill the square. */
function trim(plane: Plane): Plane {
  const { width, height, levels } = plane;
  const background = middle(border(plane));
  let [top, bottom, left, right] = [height, -1, width, -1];
  levels.forEach((level, at) => {
    if (Math.abs(level - background) <= PLAIN) return;
    const [row, column] = [Math.floor(at / width), at % width];
    [top, bottom, left, right] = [Math.min(top, row), Math.max(bottom, row), Math.min(left, column), Math.max(right, column)];
  });
  // A picture of nothing remains what it is.
  if (bottom < 0) return plane;
  const own = { width: right - left + 1, height: bottom - top + 1 };
  const kept = new Float32Array(own.width * own.height);
  for (let row = 0; row < own.height; row += 1) {
    const begin = (top + row) * width + left;
    kept.set(levels.subarray(begin, begin + own.width), row * own.width);
  }
  return { ...own, levels: kept };
}

/** Shrinks or enlarges the planes into the middle of a black square. */
function place(planes: readonly Plane[], side: number): Picture {
  const pixels = new Uint8Array(planes.length * side * side);
  planes.forEach((plane, channel) => {
    const { width, height } = fittedSize(plane.width, plane.height, side);
    const levels = resize(plane, width, height);
    const [top, left] = [(side - height) >> 1, (side - width) >> 1];
    levels.forEach((level, at) => {
      pixels[(channel * side + top + Math.floor(at / width)) * side + left + (at % width)] = Math.round(level);
    });
  });
  return { channels: planes.length, side, pixels };
}

/** Resizes so that each new pixel is the mean of the area that it covers. */
export function resize({ width, height, levels }: Plane, toWidth: number, toHeight: number): Float32Array {
  const columns = shares(width, toWidth);
  const rows = shares(height, toHeight);
  const narrow = new Float32Array(toWidth * height);
  narrow.forEach((_, at) => {
    const begin = Math.floor(at / toWidth) * width;
    narrow[at] = (columns[at % toWidth] ?? []).reduce((sum, [from, share]) => sum + share * (levels[begin + from] ?? 0), 0);
  });
  return new Float32Array(toWidth * toHeight).map((_, at) =>
    (rows[Math.floor(at / toWidth)] ?? []).reduce((sum, [from, share]) => sum + share * (narrow[from * toWidth + (at % toWidth)] ?? 0), 0),
  );
}

/** For each new pixel of a line, the old ones that it covers and their shares of it. */
function shares(from: number, to: number): [from: number, share: number][][] {
  const scale = from / to;
  return Array.from({ length: to }, (_, at) => {
    const [begin, end] = [at * scale, (at + 1) * scale];
    const covered: [number, number][] = [];
    for (let old = Math.floor(begin); old < Math.min(from, end); old += 1) {
      const share = (Math.min(end, old + 1) - Math.max(begin, old)) / scale;
      if (share > 0) covered.push([old, share]);
    }
    return covered;
  });
}
