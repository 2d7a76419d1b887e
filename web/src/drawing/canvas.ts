/** The canvas: a picture that is drawn on with mouse, finger, pen or keys. */
import { dab, pressed, Stroke, type Brush, type Point } from "./brush";
import { blank, SIDE, toRgba, type Picture } from "./picture";

/** Steps of the keys, in pixels. */
const STEPS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export interface Asked {
  /** The present brush, for a drawing with a side of [`SIDE`] pixels. */
  brush(): Brush;
  /** The picture has changed; `whole` once a stroke has ended. */
  changed(whole: boolean): void;
  /** The keyboard's pen touches the picture, or no longer. */
  pen(down: boolean): void;
}

export class DrawingCanvas {
  private drawn: Picture = blank({ channels: 1, height: SIDE, width: SIDE });
  /** Stroke of a pointer. */
  private stroke: { id: number; at: Stroke } | undefined;
  /** Place of the keyboard's pen, and whether it draws. */
  private pen = { x: SIDE / 2, y: SIDE / 2, down: false };

  constructor(private readonly canvas: HTMLCanvasElement, private readonly marker: HTMLElement, private readonly asked: Asked) {
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"] as const) canvas.addEventListener(end, (event) => this.end(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.lift());
  }

  get picture(): Picture {
    return this.drawn;
  }

  /** Shows a picture in place of the present one. */
  show(picture: Picture): void {
    this.stroke = undefined;
    this.lift();
    if (picture.side !== this.drawn.side) this.pen = { ...this.pen, x: picture.side / 2, y: picture.side / 2 };
    this.drawn = picture;
    this.paint();
  }

  private paint(): void {
    const { side } = this.drawn;
    // Setting the size also clears a canvas.
    if (this.canvas.width !== side) [this.canvas.width, this.canvas.height] = [side, side];
    this.canvas.getContext("2d")?.putImageData(new ImageData(toRgba(this.drawn), side, side), 0, 0);
  }

  private brush(factor = 1): Brush {
    const brush = this.asked.brush();
    return { ...brush, radius: brush.radius * factor * (this.drawn.side / SIDE) };
  }

  private begin(event: PointerEvent): void {
    if (event.button !== 0 || this.stroke !== undefined) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.lift();
    this.stroke = { id: event.pointerId, at: new Stroke(this.drawn, this.brushOf(event), this.place(event)) };
    this.paint();
    this.asked.changed(false);
  }

  private move(event: PointerEvent): void {
    if (this.stroke?.id !== event.pointerId) return;
    // A fast hand is somewhere else several times a frame.
    const between = event.getCoalescedEvents();
    for (const each of between.length > 0 ? between : [event]) this.stroke.at.to(this.place(each), this.brushOf(each));
    this.paint();
    this.asked.changed(false);
  }

  private end(event: PointerEvent): void {
    if (this.stroke?.id !== event.pointerId) return;
    // A finger or pen that leaves presses no more.
    this.stroke.at.end(this.brush());
    this.stroke = undefined;
    this.paint();
    this.asked.changed(true);
  }

  private brushOf({ pointerType, pressure }: PointerEvent): Brush {
    return this.brush(pressed(pointerType, pressure));
  }

  private place({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * this.drawn.side, y: ((clientY - top) / height) * this.drawn.side };
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = STEPS[event.key];
    if (step !== undefined) this.step(step);
    else if (event.key === " " || event.key === "Enter") this.press();
    else if (event.key === "Escape" && this.pen.down) this.lift();
    else return;
    event.preventDefault();
  }

  private step(step: Point): void {
    const inside = (place: number): number => Math.max(0, Math.min(this.drawn.side, place));
    this.pen = { ...this.pen, x: inside(this.pen.x + step.x), y: inside(this.pen.y + step.y) };
    this.mark();
    if (this.pen.down) this.dab();
  }

  private press(): void {
    if (this.pen.down) {
      this.lift();
      return;
    }
    this.pen.down = true;
    this.mark();
    this.asked.pen(true);
    this.dab();
  }

  private dab(): void {
    dab(this.drawn, this.brush(), this.pen);
    this.paint();
    this.asked.changed(false);
  }

  private lift(): void {
    if (!this.pen.down) return;
    this.pen.down = false;
    this.mark();
    this.asked.pen(false);
    this.asked.changed(true);
  }

  private mark(): void {
    const { side } = this.drawn;
    this.marker.style.setProperty("left", `${(100 * this.pen.x) / side}%`);
    this.marker.style.setProperty("top", `${(100 * this.pen.y) / side}%`);
    this.marker.classList.toggle("down", this.pen.down);
  }
}
