/** The section in which both trained networks classify test images. */
import { differing, isRight } from "./classify";
import { soon } from "./frames";
import { find } from "./page";
import { SIDES, type SideName } from "./settings";
import { answersGrid, type Exam } from "./views/answers-grid";
import { showMistakes } from "./views/mistakes";
import { pictureOf } from "./views/picture";
import { PredictionView } from "./views/prediction";

/** Images in the grid. */
const SHOWN = 40;

const panel = (side: SideName, inner: string): HTMLElement => find(`#answers .panel[data-side="${side}"] ${inner}`);

export class Answers {
  private readonly view = new PredictionView({ left: find('[data-testid="answer-left"]'), right: find('[data-testid="answer-right"]') }, find("#answers .predictions tbody"));
  private exam: Exam | undefined;
  private which = "first";

  constructor() {
    for (const input of document.querySelectorAll<HTMLInputElement>('input[name="asked"]')) {
      input.addEventListener("change", () => {
        this.which = input.value;
        this.draw();
      });
    }
  }

  show(exam: Exam): void {
    this.exam = exam;
    find("#answers").hidden = false;
    find("#answers-note").textContent = noteOf(exam);
    for (const side of SIDES) {
      for (const name of document.querySelectorAll(`#answers [data-label="${side}"]`)) name.textContent = exam.labels[side];
      soon(() => showMistakes(panel(side, ".mistakes"), exam, side));
    }
    this.draw();
  }

  clear(): void {
    this.exam = undefined;
    find("#answers").hidden = true;
  }

  private draw(): void {
    const { exam } = this;
    if (exam === undefined) return;
    const all = this.which === "differ" ? differing(exam.answers.left, exam.answers.right) : [...exam.images.labels.keys()];
    const numbers = all.slice(0, SHOWN);
    answersGrid(find("#answers .test-images"), exam, numbers, (number) => this.choose(number));
    find("#answers .nothing").hidden = numbers.length > 0;
    find("#answers .chosen-image").hidden = numbers.length === 0;
    this.choose(numbers[0] ?? 0);
  }

  private choose(number: number): void {
    const { exam } = this;
    if (exam === undefined) return;
    const { images, classes, answers } = exam;
    const name = classes[images.labels[number] ?? 0] ?? "";
    find(".chosen-image .picture").replaceChildren(pictureOf(images, number, `Test image ${number}`));
    find("#chosen-note").textContent = `Test image ${number}: ${name}`;
    const [left, right] = [answers.left[number], answers.right[number]];
    if (left === undefined || right === undefined) return;
    this.view.draw(classes, { left: left.probabilities, right: right.probabilities });
    for (const [side, answer] of [["left", left], ["right", right]] as const) find(`[data-testid="answer-${side}"]`).append(isRight(answer) ? " ✓" : " ✗");
  }
}

/** How often both, one, or neither of the networks is right. */
function noteOf({ images, seen, labels, answers: { left, right } }: Exam): string {
  const count = (ofLeft: boolean, ofRight: boolean): string =>
    left.filter((answer, at) => isRight(answer) === ofLeft && (right[at] !== undefined && isRight(right[at])) === ofRight).length.toLocaleString("en");
  const total = images.labels.length.toLocaleString("en");
  const which = seen ? "images, most of which they were trained on since the set has no test images of its own," : "test images,";
  return `Of ${total} ${which} both networks are right about ${count(true, true)}, only that of ${labels.left} about ${count(true, false)}, only that of ${labels.right} about ${count(false, true)}, and neither about ${count(false, false)}. Choose one to see how certain they are.`;
}
