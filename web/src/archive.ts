/** Reading and writing of runs as files: the part of the worker that is fetched on first use. */
export { eventsBefore } from "./checkpoint";
export { toml } from "./toml";
export { CHECKPOINT, EVENTS, unzip, zip } from "./zip";
