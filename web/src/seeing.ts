/** The networks' side of the page: their answers to test images, and the drawing. It is fetched with the trainings. */
import { Answers } from "./answers";
import { mountDrawing, type Drawing } from "./drawing";

export class Seeing {
  readonly answers = new Answers();
  readonly drawing: Drawing;

  constructor(...drawing: Parameters<typeof mountDrawing>) {
    this.drawing = mountDrawing(...drawing);
  }
}
