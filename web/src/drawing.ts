/** The drawing: a visitor draws, opens or chooses a picture, and both trained networks say what it is. */
import { DrawingCanvas } from "./drawing/canvas";
import { drawExamples, enlarged, type Example, type LabelledImages } from "./drawing/examples";
import { Latest } from "./drawing/latest";
import { blank, isBlank, type Picture, type Shape } from "./drawing/picture";
import { pictureFromFile } from "./drawing/picture-from-file";
import { reason } from "./page";
import { SIDES, type SideName } from "./settings";
import { PredictionView, verdict } from "./views/prediction";

/** Probabilities of all classes that the trained network of a side gives one picture, `[channels, height, width]`. */
export type Predict = (side: SideName, pixels: Uint8Array, channels: number, height: number, width: number) => Promise<Float32Array>;

/** Pause before the networks are asked, in ms: a stroke goes on meanwhile. */
const DELAY_MS = 80;

const INVITATION = "Draw with mouse, finger, pen or keys.";

/** Picture that the networks are asked about. */
interface Job {
  picture: Picture;
  /** Class of a test image. */
  label: number | undefined;
  /** The stroke has ended, so the answer is also said. */
  whole: boolean;
}

export class Drawing {
  private readonly canvas: DrawingCanvas;
  private readonly view: PredictionView;
  private readonly asking = new Latest<Job>((job) => this.answer(job), DELAY_MS);
  private label: number | undefined;
  /** Number of the file that was opened last. */
  private opened = 0;
  /** Networks that the drawing was opened for. */
  private known = "";

  constructor(
    private readonly host: HTMLElement,
    private readonly classes: () => string[],
    private readonly shape: () => Shape,
    private readonly predict: Predict,
  ) {
    const heads = { left: this.find('[data-testid="prediction-left"]'), right: this.find('[data-testid="prediction-right"]') };
    this.view = new PredictionView(heads, this.find(".predictions tbody"));
    this.canvas = new DrawingCanvas(this.find('[data-testid="draw"]'), this.find(".draw-pen"), {
      brush: () => ({ radius: Number(this.find<HTMLInputElement>("#draw-width").value) / 2, erases: this.find<HTMLInputElement>('[name="draw-tool"][value="erase"]').checked }),
      changed: (whole) => {
        this.label = undefined;
        this.ask(whole);
      },
      pen: (down) => this.say(down ? "The pen is down." : "The pen is lifted."),
    });
    this.find('[data-testid="clear-drawing"]').addEventListener("click", () => this.clear());
    this.find('[data-testid="draw"]').addEventListener("keydown", ({ key }) => ["Delete", "Backspace"].includes(key) && this.clear());
    const picker = this.find<HTMLInputElement>(".draw-open input");
    picker.addEventListener("change", () => {
      const file = picker.files?.[0];
      picker.value = "";
      if (file !== undefined) void this.open(file).catch((error: Error) => this.say(error.message));
    });
    this.update();
  }

  /** Looks whether there are trained networks, and which: without them only a note is shown. */
  update(): void {
    const classes = this.classes();
    const shape = this.shape();
    const ready = classes.length > 0;
    this.find(".draw-body").hidden = !ready;
    this.find(".draw-note").hidden = ready;
    const known = ready ? JSON.stringify([classes, shape]) : "";
    if (known === this.known) return;
    this.known = known;
    if (!ready) return;
    this.find(".draw-classes").textContent = classes.join(", ");
    const change = shape.channels === 3 ? "It keeps its colours." : "It is turned to grey, and black and white are exchanged if its border is light, so that the object is bright on black; its plain margin is cut off.";
    this.find(".draw-files").textContent = `A picture that you open, or drop anywhere on this page, is fitted into the square. ${change} It is never sent.`;
    this.find(".draw-choice").hidden = true;
    const { channels, side } = blank(shape);
    if (this.canvas.picture.channels !== channels || this.canvas.picture.side !== side) this.clear();
    else this.ask(true);
    this.rest();
    this.say(INVITATION);
  }

  /** Offers test images to choose from; `seen` says that networks may have been trained on them. */
  offer(images: LabelledImages, seen = false): void {
    this.find(".draw-unseen").hidden = seen;
    drawExamples(this.find(".draw-examples"), images, this.classes(), (example) => this.choose(example));
    this.find(".draw-choice").hidden = false;
  }

  /** Opens an image file and returns a sentence about it. Rejects with a sentence. */
  async open(file: File): Promise<string> {
    if (this.classes().length === 0) throw new Error(`${file.name}: a picture for the trained networks, which there are not yet. Drop it again when both are trained.`);
    this.opened += 1;
    const turn = this.opened;
    const { side, channels } = blank(this.shape());
    const { picture, inverted } = await pictureFromFile(file, side, channels);
    if (turn !== this.opened || channels !== this.shape().channels) return `${file.name}: another picture came after it.`;
    this.take(picture, undefined);
    const changes = [`fitted into ${side} × ${side} pixels`, ...(channels === 3 ? [] : ["turned to grey"]), ...(inverted ? ["inverted, because its border is light"] : [])];
    const sentence = `${file.name}: ${changes.join(", ")}.`;
    this.say(sentence);
    this.find('[data-testid="draw"]').scrollIntoView({ block: "nearest" });
    return sentence;
  }

  private choose(example: Example): void {
    const { side } = blank(this.shape());
    this.take(enlarged(example, side), example.label);
    this.say(`A test image of the class ${this.classes()[example.label] ?? example.label}.`);
  }

  private take(picture: Picture, label: number | undefined): void {
    this.canvas.show(picture);
    this.label = label;
    this.ask(true);
  }

  private clear(): void {
    this.canvas.show(blank(this.shape()));
    this.label = undefined;
    this.asking.forget();
    this.rest();
    this.say(INVITATION);
  }

  /** Shows no prediction. */
  private rest(): void {
    this.view.clear(this.classes());
    this.find(".draw-verdict").textContent = "Nothing is drawn yet.";
  }

  private ask(whole: boolean): void {
    const { channels, side, pixels } = this.canvas.picture;
    // The drawing may go on while the networks look.
    this.asking.ask({ picture: { channels, side, pixels: pixels.slice() }, label: this.label, whole });
  }

  private async answer({ picture, label, whole }: Job): Promise<void> {
    const { channels, side, pixels } = picture;
    const blankPicture = isBlank(picture);
    try {
      const known = this.known;
      const [left, right] = blankPicture ? [] : await Promise.all(SIDES.map((name) => this.predict(name, pixels, channels, side, side)));
      // The networks, or the picture, may be gone by now.
      if (known !== this.known) return;
      if (left === undefined || right === undefined || isBlank(this.canvas.picture)) {
        this.rest();
        return;
      }
      this.view.draw(this.classes(), { left, right });
      // Whoever listens is told once a stroke, not while it is drawn.
      if (whole) this.find(".draw-verdict").textContent = verdict(this.classes(), { left, right }, this.names(), label);
    } catch (error) {
      this.view.clear(this.classes());
      this.find(".draw-verdict").textContent = `The networks gave no answer: ${reason(error)}`;
    }
  }

  /** Methods of both sides, or the sides where they are the same. */
  private names(): Record<SideName, string> {
    const [left = "", right = ""] = SIDES.map((side) => this.find(`[data-side="${side}"] .method`).textContent ?? "");
    return left === right ? { left: "the left one", right: "the right one" } : { left, right };
  }

  /** Says what happened to the drawing. */
  private say(text: string): void {
    this.find(".draw-said").textContent = text;
  }

  private find<E extends HTMLElement>(selector: string): E {
    return this.host.querySelector(selector) as E;
  }
}

/** Makes the section work. It shows a note until `classes` has names; `update` looks again. */
export function mountDrawing(host: HTMLElement, classes: () => string[], shape: () => Shape, predict: Predict): Drawing {
  return new Drawing(host, classes, shape, predict);
}
