/** Ready-made pictures to choose from: test images, one button for each class, and with each press the next image. */
import { toRgba, type Picture } from "./picture";

/** Images with their labels, image by image as `[channels, height, width]`. */
export interface LabelledImages {
  pixels: Uint8Array;
  labels: ArrayLike<number>;
  count: number;
  channels: number;
  height: number;
  width: number;
}

export interface Example {
  channels: number;
  height: number;
  width: number;
  pixels: Uint8Array;
  label: number;
}

export function drawExamples(host: HTMLElement, images: LabelledImages, classes: readonly string[], choose: (example: Example) => void): void {
  const buttons = classes.flatMap((name, label) => {
    const own = placesOf(images, label);
    return own.length === 0 ? [] : [buttonOf(images, own, { name, label }, choose)];
  });
  host.replaceChildren(...buttons);
}

const placesOf = ({ count, labels }: LabelledImages, label: number): number[] =>
  Array.from({ length: count }, (_, at) => at).filter((at) => labels[at] === label);

function buttonOf(images: LabelledImages, places: readonly number[], { name, label }: { name: string; label: number }, choose: (example: Example) => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.title = `Test images of the class “${name}”: each press takes the next one`;
  const canvas = document.createElement("canvas");
  const caption = document.createElement("span");
  caption.textContent = name;
  made.append(canvas, caption);
  let turn = 0;
  const next = (): Example => exampleAt(images, places[turn % places.length] ?? 0, label);
  const draw = (): void => {
    const { width, height, channels, pixels } = next();
    [canvas.width, canvas.height] = [width, height];
    canvas.getContext("2d")?.putImageData(new ImageData(toRgba({ channels, pixels }), width, height), 0, 0);
  };
  draw();
  made.addEventListener("click", () => {
    choose(next());
    turn += 1;
    draw();
  });
  return made;
}

function exampleAt({ pixels, channels, height, width }: LabelledImages, at: number, label: number): Example {
  const length = channels * height * width;
  return { channels, height, width, pixels: pixels.subarray(at * length, (at + 1) * length), label };
}

/** The same picture with the side of a drawing; a whole multiple repeats pixels, and the network's own resizing undoes that. */
export function enlarged({ channels, height, width, pixels }: Example, side: number): Picture {
  const drawn = new Uint8Array(channels * side * side);
  drawn.forEach((_, at) => {
    const [channel, row, column] = [Math.floor(at / (side * side)), Math.floor(at / side) % side, at % side];
    const from = (channel * height + Math.floor((row * height) / side)) * width + Math.floor((column * width) / side);
    drawn[at] = pixels[from] ?? 0;
  });
  return { channels, side, pixels: drawn };
}
