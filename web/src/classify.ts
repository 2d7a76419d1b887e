/** What a network takes test images for, and how often that is right. */

/** Prediction of one image. */
export interface Answer {
  /** Class that the network takes the image for. */
  class: number;
  /** Probability that it gives this class. */
  confidence: number;
  /** Class of the image. */
  label: number;
  /** Probabilities of all classes. */
  probabilities: Float32Array;
}

export const isRight = (answer: Answer): boolean => answer.class === answer.label;

/** The answers that probabilities stand for, image by image. */
export function answersOf(probabilities: Float32Array, labels: ArrayLike<number>): Answer[] {
  const classes = probabilities.length / labels.length;
  return Array.from(labels, (label, at) => {
    const own = probabilities.subarray(at * classes, (at + 1) * classes);
    const confidence = own.reduce((most, one) => Math.max(most, one), 0);
    return { class: Math.max(0, own.indexOf(confidence)), confidence, label, probabilities: own };
  });
}

/** Numbers of the images with the most confident wrong answers. */
export function worstMistakes(answers: readonly Answer[], count: number): number[] {
  const wrong = answers.flatMap((answer, at) => (isRight(answer) ? [] : [at]));
  const confidence = (at: number): number => answers[at]?.confidence ?? 0;
  return wrong.sort((a, b) => confidence(b) - confidence(a)).slice(0, count);
}

/** Numbers of the images that only one of two networks is right about. */
export function differing(left: readonly Answer[], right: readonly Answer[]): number[] {
  return left.flatMap((answer, at) => {
    const other = right[at];
    return other !== undefined && isRight(answer) !== isRight(other) ? [at] : [];
  });
}
