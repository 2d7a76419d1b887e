/** Settings of the training that follows a search in the page. */
import { ask } from "./library";
import type { Run } from "./run";
import type { Genotype, TrainingConfig } from "./types";

/** The genotype that a search has ended with. */
export function found({ events }: Run): Genotype | undefined {
  return events.flatMap((event) => (event.event === "end" ? [event.genotype] : [])).at(-1);
}

/** Trains the derived cell in a network of the supernet's size, on the search's images and from its seed. */
export async function trainingConfig({ config }: Run, genotype: Genotype, epochs: number): Promise<TrainingConfig> {
  const { space, seed, supernet, data } = config;
  const training = await ask("trainingDefaults", { space, genotype: JSON.stringify(genotype) });
  // Few images need a smaller batch than the recipe's.
  const batch = data.images === undefined ? training.batch : Math.max(2, Math.min(training.batch, Math.floor(data.images / 2)));
  return {
    ...training,
    seed,
    epochs,
    batch,
    network: { ...training.network, channels: supernet.channels, cells: supernet.cells },
    data: { ...training.data, set: data.set, images: data.images, size: data.size },
  };
}
