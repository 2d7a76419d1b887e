/** Entry of the npm package in Node.js: the library on the CPU, without a worker. */
import { readFile } from "node:fs/promises";
import { complete, type Given } from "./built-in";
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

/** Returns the images and accuracies that belong to a configuration; `files` has those that the package lacks. */
export function builtIn(config: Pick<SearchConfig, "space" | "custom_space" | "data">, files: Files = {}): Promise<Given> {
  return complete(config, files, (address) => readFile(new URL(address)));
}
