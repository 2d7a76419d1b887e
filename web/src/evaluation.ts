/** Evaluation of a trained network in a report: its measures, confusions, classes and worst mistakes. */
import { find } from "./page";
import type { Evaluation, Mistake } from "./training";
import { drawConfusion, MOST_CLASSES } from "./views/confusion";
import { brief } from "./views/numbers";
import { FINE_PERCENT, percent, write } from "./views/units";


export function drawEvaluation(evaluation: Evaluation): void {
  find("#measures").textContent = measuresOf(evaluation);
  const many = evaluation.classes.length > MOST_CLASSES;
  find("#confusion-note").textContent = many ? `The ${MOST_CLASSES} classes with the most mistakes are shown.` : "";
  drawConfusion(find("#confusion table"), evaluation);
  find("#classes ul").replaceChildren(...evaluation.classes.map((name, at) => classOf(name, evaluation.by_class[at] ?? null)));
  find("#mistakes ul").replaceChildren(...evaluation.mistakes.map((mistake) => mistakeOf(mistake, evaluation.classes)));
  find("#no-mistakes").hidden = evaluation.mistakes.length > 0;
}

function measuresOf({ images, top1, top5, loss, calibration }: Evaluation): string {
  const parts = [
    `${images.toLocaleString("en")} test images`,
    `accuracy ${write(FINE_PERCENT, top1)}`,
    `top 5 ${write(FINE_PERCENT, top5)}`,
    `loss ${brief(loss)}`,
    `expected calibration error ${write(FINE_PERCENT, calibration.ece)}`,
    `mean confidence ${write(FINE_PERCENT, calibration.confidence)}`,
  ];
  return parts.join(" · ");
}

/** Accuracy of a class, as a bar and a number. */
function classOf(name: string, share: number | null): HTMLLIElement {
  const made = document.createElement("li");
  made.append(...[["name", name], ["bar", ""], ["number", share === null ? "–" : percent(share)]].map(([part = "", text = ""]) => partOf(part, text)));
  made.dataset["value"] = String(share ?? "");
  made.style.setProperty("--share", percent(share ?? 0).replaceAll(" ", ""));
  return made;
}

function mistakeOf({ image, label, class: predicted, confidence, picture }: Mistake, classes: readonly string[]): HTMLLIElement {
  const made = document.createElement("li");
  made.dataset["image"] = String(image);
  if (picture !== null) {
    const drawn = document.createElement("img");
    drawn.src = picture;
    drawn.alt = `Test image ${image}`;
    made.append(drawn);
  }
  made.append(partOf("wrong", `${classes[predicted] ?? predicted}, ${percent(confidence)}`), partOf("right", `is ${classes[label] ?? label}`));
  return made;
}

function partOf(part: string, text: string): HTMLSpanElement {
  const made = document.createElement("span");
  made.className = part;
  made.textContent = text;
  return made;
}
