/** Starts a worker; the address is written in the form that the bundler understands. */
export function spawn(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}
