/** Settings in the form that the command reads. */
import { stringify } from "smol-toml";
import type { SearchConfig } from "./types";

/** Returns the settings as the command's `config.toml`. */
export const toml = (config: SearchConfig): string => stringify(config);
