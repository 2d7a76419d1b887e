/** The library's own files beside the module: images and the benchmark's accuracies. A search fetches those it needs. */
import accuracies from "../../core/src/benchmark/cifar10_test.bin?url";
import digits from "../../core/src/data/digits.bin?url";
import fashionTests from "../../core/src/data/fashion/fashion_test.bin?url";
import fashion from "../../core/src/data/fashion/fashion_train.bin?url";
import { reason } from "./page";
import type { Files } from "./protocol";
import type { DataConfig, SearchConfig } from "./types";

/** Bytes that the library takes besides a configuration. */
export interface Given {
  images: Uint8Array | undefined;
  table: Uint8Array | undefined;
}

/** Reads one of the library's files, by its address; `what` names it in an error. */
export type Load = (address: string, what: string) => Promise<Uint8Array>;

/** Part of a configuration that says which files belong to it. */
type Needs = Pick<SearchConfig, "space" | "custom_space" | "data">;

/** Completes the visitor's files. Rejects with a sentence that says what could not be loaded. */
export async function complete({ space, custom_space, data }: Needs, files: Files, load: Load = fetched): Promise<Given> {
  const tabled = space === "nas-bench-201" && (custom_space ?? undefined) === undefined;
  const [images, known] = await Promise.all([
    imagesOf(data, files, load),
    files.table !== undefined ? new TextEncoder().encode(files.table) : tabled ? load(accuracies, "the accuracies of NAS-Bench-201") : undefined,
  ]);
  return { images, table: known };
}

/** The file of a data set that searches and trainings learn from, if it has one. Rejects like `complete`. */
export async function imagesOf({ set }: DataConfig, { batches }: Files, load: Load = fetched): Promise<Uint8Array | undefined> {
  if (set === "digits") return load(digits, "the handwritten digits");
  return set === "fashion" ? load(fashion, "the images of Fashion-MNIST") : batches;
}

/** The file of a data set's test images, if it has one. Rejects like `complete`. */
export async function testsOf({ set }: DataConfig, load: Load = fetched): Promise<Uint8Array | undefined> {
  return set === "fashion" ? load(fashionTests, "the test images of Fashion-MNIST") : undefined;
}

async function fetched(address: string, what: string): Promise<Uint8Array> {
  try {
    // A file's name changes with what is in it: a copy that the browser has is as good as any.
    const answer = await fetch(address, { cache: "force-cache" });
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    throw new Error(`${what} could not be loaded: ${reason(error)}`);
  }
}
