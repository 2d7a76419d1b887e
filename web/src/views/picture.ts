/** Pictures from their bytes. */
import { toRgba } from "../drawing/picture";
import type { Pictures } from "../protocol";

/** Draws some of the pictures side by side, `columns` in a row. */
export function drawPictures(canvas: HTMLCanvasElement, { pixels, channels, height, width }: Pictures, numbers: readonly number[], columns = 1): void {
  const size = channels * height * width;
  canvas.width = width * Math.min(columns, numbers.length);
  canvas.height = height * Math.ceil(numbers.length / columns);
  const context = canvas.getContext("2d");
  numbers.forEach((number, at) => {
    const rgba = toRgba({ channels, pixels: pixels.subarray(number * size, (number + 1) * size) });
    context?.putImageData(new ImageData(rgba, width, height), width * (at % columns), height * Math.floor(at / columns));
  });
}

/** A canvas with one picture, which is named for those who do not see it. */
export function pictureOf(pictures: Pictures, number: number, label: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  drawPictures(canvas, pictures, [number]);
  return canvas;
}
