/** Reads a training that the command line put into a report, as wary of it as of any file. */
import { isObject, type Loose } from "./loose";
import { checkEvent, checkGenotype, isCount, isNumber, isShare, MOST_EPOCHS, need } from "./read-run";
import type { Evaluation, TrainedEpoch, Training } from "./training";
import type { Genotype, Space, TrainingConfig } from "./types";

/** Pictures are PNGs in the report itself. */
const PICTURE = /^data:image\/png;base64,[A-Za-z0-9+/=]+$/;

export function readTraining(name: string, x: Loose, space: Space): Training {
  const events = x["events"] as unknown[];
  const [start] = events;
  checkEvent(start);
  const { config, device, steps, weights } = start;
  checkConfig(config);
  need(typeof device === "string" && isCount(steps) && isCount(weights), "the start of the training is not described");
  checkGenotype(x["genotype"], space);
  const parameters = isCount(x["parameters"]) ? x["parameters"] : weights;
  const genotype = x["genotype"] as unknown as Genotype;
  const training: Training = { config, space, genotype, file: name, epochs: [], device, parameters, ended: false, seconds: 0 };
  for (const event of events.slice(1)) {
    checkEvent(event);
    training.seconds = event["seconds"] as number;
    if (event["event"] === "training_epoch") {
      checkEpoch(event, training.epochs.length + 1);
      training.epochs.push(event as unknown as TrainedEpoch);
    } else {
      need(event["event"] === "training_end", "an event of an unknown kind");
      training.ended = true;
    }
  }
  need(training.epochs.length > 0, "no epoch in it has ended");
  need(training.epochs.length <= MOST_EPOCHS, `more than ${MOST_EPOCHS} epochs`);
  return training;
}

function checkConfig(config: unknown): asserts config is TrainingConfig {
  need(isObject(config), "there is no configuration");
  for (const key of ["recipe", "space"]) need(typeof config[key] === "string", `the configuration has no ${key}`);
  for (const key of ["seed", "epochs", "batch"]) need(isNumber(config[key]), `the configuration has no ${key}`);
  need(isObject(config["weights"]) && isNumber(config["weights"]["clip"]), "the configuration has no clip");
}

function checkEpoch(x: Loose, number: number): void {
  need(x["epoch"] === number, "the epochs are not in order");
  for (const key of ["lr", "train_loss", "test_loss", "gradient_norm"]) need(isNumber(x[key]), `${key} is not a number`);
  for (const key of ["drop_path", "train_accuracy", "test_accuracy", "test_top5", "clipped"]) {
    need(isShare(x[key]), `${key} is not between 0 and 1`);
  }
}

/** The evaluation of a training, if the report has one. */
export function readEvaluation(x: unknown): Evaluation | undefined {
  if (x === null || x === undefined) return undefined;
  need(isObject(x), "the evaluation is not described");
  const { classes, confusion, by_class: byClass, calibration, mistakes } = x;
  need(Array.isArray(classes) && classes.every((name) => typeof name === "string"), "the classes have no names");
  const count = classes.length;
  const isSquare = Array.isArray(confusion) && confusion.length === count;
  need(isSquare && confusion.every((row) => Array.isArray(row) && row.length === count && row.every(isCount)), "the confusions are not counted");
  const isList = Array.isArray(byClass) && byClass.length === count;
  need(isList && byClass.every((share) => share === null || isShare(share)), "the accuracy of a class is wrong");
  need(isCount(x["images"]) && isNumber(x["loss"]), "the evaluation is not described");
  need(isShare(x["top1"]) && isShare(x["top5"]), "an accuracy is not between 0 and 1");
  need(isObject(calibration) && isNumber(calibration["ece"]) && isNumber(calibration["confidence"]), "the calibration is missing");
  need(Array.isArray(mistakes), "the mistakes are missing");
  const isClass = (one: unknown): boolean => isCount(one) && one < count;
  for (const one of mistakes as unknown[]) {
    need(isObject(one) && isCount(one["image"]) && isClass(one["label"]) && isClass(one["class"]), "a mistake is not described");
    need(isNumber(one["confidence"]) && isNumber(one["of_label"]), "a mistake has no confidence");
    const picture = one["picture"];
    need(picture === null || (typeof picture === "string" && PICTURE.test(picture)), "the picture of a mistake is wrong");
  }
  return x as unknown as Evaluation;
}
