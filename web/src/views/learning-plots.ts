/** The plots over the epochs of trainings, in their order. */
import type { Quantity } from "../quantities";
import type { TrainedEpoch } from "../training";
import { plotOf, type Plot } from "./plots";
import { FINE_PERCENT, PERCENT, PLAIN, type Unit } from "./units";

const quantity = (key: string, of: (epoch: TrainedEpoch) => number | undefined, unit: Unit): Quantity<TrainedEpoch> => ({ key, of, unit: () => unit });

export const LEARNING_PLOTS: readonly Plot<TrainedEpoch>[] = [
  plotOf(quantity("test-accuracy", (epoch) => epoch.test_accuracy, FINE_PERCENT), { title: "Test accuracy", note: "with running statistics", hold: [] }),
  plotOf(quantity("train-accuracy", (epoch) => epoch.train_accuracy, PERCENT), { title: "Training accuracy", note: "in the steps, with augmentation", hold: [] }),
  plotOf(quantity("test-loss", (epoch) => epoch.test_loss, PLAIN), { title: "Test loss", note: "mean cross-entropy", hold: [0] }),
  plotOf(quantity("train-loss", (epoch) => epoch.train_loss, PLAIN), { title: "Training loss", note: "with the auxiliary head’s", hold: [0] }),
  plotOf(quantity("lr", (epoch) => epoch.lr, PLAIN), { title: "Learning rate", note: "of the weights", hold: [0] }),
  plotOf(quantity("gradient-norm", (epoch) => epoch.gradient_norm, PLAIN), { title: "Gradient of the weights, norm", note: "before clipping", hold: [], norms: true }),
  plotOf(quantity("drop-path", (epoch) => (epoch.drop_path > 0 ? epoch.drop_path : undefined), PLAIN), {
    title: "Drop path",
    note: "probability",
    hold: [0],
    optional: true,
  }),
];
