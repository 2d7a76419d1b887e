/** Test images in a grid, each with a mark for either network: right or wrong. One of them is chosen. */
import { isRight, type Answer } from "../classify";
import { soon } from "../frames";
import type { KnownImages } from "../protocol";
import { SIDES, type SideName } from "../settings";
import { drawPictures } from "./picture";

/** Test images with the answers of both networks. */
export interface Exam {
  images: KnownImages;
  /** True if the networks may have learned from these images. */
  seen: boolean;
  classes: readonly string[];
  labels: Record<SideName, string>;
  answers: Record<SideName, readonly Answer[]>;
}

/** Shows these images; `choose` is called with the number of the chosen one. */
export function answersGrid(host: HTMLElement, exam: Exam, numbers: readonly number[], choose: (number: number) => void): void {
  host.replaceChildren(
    ...numbers.map((number, at) => {
      const [label, input, canvas] = [document.createElement("label"), document.createElement("input"), document.createElement("canvas")];
      Object.assign(input, { type: "radio", name: "test-image", value: String(number), checked: at === 0 });
      input.setAttribute("aria-label", describeImage(exam, number));
      input.addEventListener("change", () => choose(number));
      canvas.setAttribute("aria-hidden", "true");
      label.dataset["image"] = String(number);
      label.append(input, canvas, ...SIDES.flatMap((side) => markOf(exam, side, number)));
      soon(() => drawPictures(canvas, exam.images, [number]));
      return label;
    }),
  );
}

function markOf({ answers }: Exam, side: SideName, number: number): HTMLElement[] {
  const answer = answers[side][number];
  if (answer === undefined) return [];
  const mark = document.createElement("span");
  mark.className = `mark ${side} ${isRight(answer) ? "right-answer" : "wrong-answer"}`;
  mark.textContent = isRight(answer) ? "✓" : "✗";
  mark.setAttribute("aria-hidden", "true");
  return [mark];
}

function describeImage({ images, classes, labels, answers }: Exam, number: number): string {
  const own = classes[images.labels[number] ?? 0] ?? "";
  const said = SIDES.flatMap((side) => {
    const answer = answers[side][number];
    if (answer === undefined) return [];
    return [`${labels[side]} ${isRight(answer) ? "right" : `wrong, says ${classes[answer.class] ?? ""}`}`];
  });
  return `Test image ${number}, ${own}: ${said.join("; ")}`;
}
