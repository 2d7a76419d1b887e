/** The wrong answers that a network is most certain of. */
import { worstMistakes } from "../classify";
import type { SideName } from "../settings";
import type { Exam } from "./answers-grid";
import { pictureOf } from "./picture";
import { percent } from "./units";

const COUNT = 6;

/** Fills the list with the worst mistakes of one side. */
export function showMistakes(list: HTMLElement, { images, classes, answers }: Exam, side: SideName): void {
  list.replaceChildren(
    ...worstMistakes(answers[side], COUNT).map((number) => {
      const item = document.createElement("li");
      const answer = answers[side][number];
      item.dataset["image"] = String(number);
      const [said, own] = [document.createElement("b"), document.createElement("span")];
      said.textContent = `${classes[answer?.class ?? 0] ?? ""}, ${percent(answer?.confidence ?? 0).replace(" ", "\u00a0")}`;
      own.textContent = `is ${classes[answer?.label ?? 0] ?? ""}`;
      item.append(pictureOf(images, number, `Test image ${number}`), said, own);
      return item;
    }),
  );
}
