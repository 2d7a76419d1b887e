/** The strip of pictures: some of each class of the built-in set. */
import { soon } from "./frames";
import type { KnownImages } from "./protocol";
import { drawPictures } from "./views/picture";

/** Pictures of each class, in rows of two. */
const EACH = 4;

/** Fills the list with an item for each class. */
export function showSamples(list: HTMLElement, images: KnownImages): void {
  list.replaceChildren(
    ...images.classes.map((title, label) => {
      const numbers = [...images.labels.keys()].filter((at) => images.labels[at] === label).slice(0, EACH);
      const [item, canvas, name] = [document.createElement("li"), document.createElement("canvas"), document.createElement("span")];
      item.dataset["label"] = String(label);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `Pictures of the class ${title}`);
      name.textContent = title;
      item.append(canvas, name);
      soon(() => drawPictures(canvas, images, numbers, 2));
      return item;
    }),
  );
}
