/** A training of a derived network, and the evaluation of the network that it left. */
import type { Event, Genotype, Space, TrainingConfig, TrainingEpochEvent } from "./types";

/** An epoch with the clock of its event. */
export type TrainedEpoch = TrainingEpochEvent & Pick<Event, "seconds">;

export interface Training {
  config: TrainingConfig;
  space: Space;
  genotype: Genotype;
  file: string;
  epochs: TrainedEpoch[];
  device: string;
  /** Number of parameters, without those of an auxiliary head if that number is known. */
  parameters: number;
  ended: boolean;
  /** Time in s. */
  seconds: number;
}

/** A wrong prediction. */
export interface Mistake {
  /** Number of the image among the test images, from 0. */
  image: number;
  /** Class of the image, and predicted class. */
  label: number;
  class: number;
  /** Probabilities of the predicted class and of the image's class. */
  confidence: number;
  of_label: number;
  /** The image as a data URL. */
  picture: string | null;
}

/** Evaluation of a network on test images. */
export interface Evaluation {
  classes: string[];
  images: number;
  top1: number;
  top5: number;
  loss: number;
  /** Number of images by class (row) and predicted class (column). */
  confusion: number[][];
  /** Share of the images of each class that are classified correctly; null without images. */
  by_class: (number | null)[];
  calibration: { ece: number; confidence: number };
  /** Wrong predictions with the highest confidence. */
  mistakes: Mistake[];
}

/** The last epoch of a training, which has one. */
export const lastEpoch = ({ epochs }: Training): TrainedEpoch => epochs.at(-1) as TrainedEpoch;
