/** JSON Schema of `SearchConfig.method`, from which the form of a method is drawn; the crate in ../wasm makes it. */
import made from "./method-schema.json";
import type { Schema } from "./schema";

export const methodSchema: Schema = made;
