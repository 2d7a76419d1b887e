/** Entry of the npm package in Node.js: the library on the CPU, without a worker. */
import { readFile } from "node:fs/promises";
import { complete, testsOf, type Given } from "./built-in";
import type { Files } from "./protocol";
import type { SearchConfig } from "./types";
import init from "./wasm/cpu/lambda_darts_wasm.js";
import binary from "./wasm/cpu/lambda_darts_wasm_bg.wasm?url";

export { methodSchema } from "./method-schema";
export type { Schema } from "./schema";
export { toml } from "./toml";
export type * from "./types";
export type { Files, Given };
export * from "./wasm/cpu/lambda_darts_wasm.js";

// Node.js's fetch reads no files.
await init({ module_or_path: await readFile(new URL(binary)) });

/** Files of a search, and test images for a training. */
export interface BuiltIn extends Given {
  tests: Uint8Array | undefined;
}

/** Returns the images and accuracies that belong to a configuration; `files` has those that the package lacks. */
export async function builtIn(config: Pick<SearchConfig, "space" | "custom_space" | "data">, files: Files = {}): Promise<BuiltIn> {
  const read = (address: string): Promise<Uint8Array> => readFile(new URL(address));
  return { ...(await complete(config, files, read)), tests: await testsOf(config.data, read) };
}
