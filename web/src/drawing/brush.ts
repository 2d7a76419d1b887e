/** Brush with a soft edge, whose strokes are smooth curves through the middles between the points of the pointer. */
import type { Picture } from "./picture";

/** Place in a picture, in pixels from its upper left corner. */
export interface Point {
  x: number;
  y: number;
}

export interface Brush {
  /** Radius in pixels of the picture. */
  radius: number;
  /** Paints black instead of white. */
  erases: boolean;
}

/** Width of the soft edge, in pixels. */
const EDGE = 1.2;
/** Distance between two dabs of a stroke, in pixels. */
const SPACING = 0.4;

/** Dab of the brush: every pixel becomes white as far as the brush covers it, or black. */
export function dab({ channels, side, pixels }: Picture, { radius, erases }: Brush, { x, y }: Point): void {
  const reach = radius + EDGE;
  const from = (place: number): number => Math.max(0, Math.floor(place - reach));
  const to = (place: number): number => Math.min(side - 1, Math.ceil(place + reach));
  for (let row = from(y); row <= to(y); row += 1) {
    for (let column = from(x); column <= to(x); column += 1) {
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
      const covered = Math.min(1, Math.max(0, (radius - distance) / EDGE + 0.5));
      const level = Math.round(255 * (erases ? 1 - covered : covered));
      for (let channel = 0; channel < channels; channel += 1) {
        const at = (channel * side + row) * side + column;
        const old = pixels[at] ?? 0;
        pixels[at] = erases ? Math.min(old, level) : Math.max(old, level);
      }
    }
  }
}

export class Stroke {
  private last: Point;
  /** End of what is painted: the middle between the last two points. */
  private middle: Point;

  constructor(private readonly picture: Picture, brush: Brush, at: Point) {
    this.last = at;
    this.middle = at;
    dab(picture, brush, at);
  }

  /** Goes on to a point; the brush may have become wider or narrower by the pressure of a pen. */
  to(next: Point, brush: Brush): void {
    const middle = { x: (this.last.x + next.x) / 2, y: (this.last.y + next.y) / 2 };
    this.curve(this.middle, this.last, middle, brush);
    this.last = next;
    this.middle = middle;
  }

  /** Paints what is left up to the last point. */
  end(brush: Brush): void {
    this.curve(this.middle, this.middle, this.last, brush);
  }

  /** Quadratic Bézier curve. */
  private curve(from: Point, control: Point, to: Point, brush: Brush): void {
    const length = Math.hypot(control.x - from.x, control.y - from.y) + Math.hypot(to.x - control.x, to.y - control.y);
    const dabs = Math.ceil(length / SPACING);
    for (let at = 1; at <= dabs; at += 1) {
      const t = at / dabs;
      const mix = (a: number, b: number, c: number): number => (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c;
      dab(this.picture, brush, { x: mix(from.x, control.x, to.x), y: mix(from.y, control.y, to.y) });
    }
  }
}

/** Factor of the brush's radius: a pen that is pressed harder is wider. */
export const pressed = (pointer: string, pressure: number): number => (pointer === "pen" && pressure > 0 ? 0.4 + 1.2 * pressure : 1);
