/** Answers from the Rust library, in a worker of its own so that the page never waits for it. */
import type { FromWorker, Questions } from "./protocol";
import { spawn } from "./spawn";

interface Waiting {
  resolve(answer: unknown): void;
  reject(reason: Error): void;
}

const waiting = new Map<number, Waiting>();
let worker: Worker | undefined;
let last = 0;

function failAll(reason: string): void {
  worker?.terminate();
  // The next question starts a fresh one.
  worker = undefined;
  for (const { reject } of waiting.values()) reject(new Error(reason));
  waiting.clear();
}

function hear({ data }: MessageEvent<FromWorker>): void {
  if (data.type === "dead") failAll(data.reason);
  if (data.type !== "answer" && data.type !== "no-answer") return;
  const asked = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.type === "answer") asked?.resolve(data.answer);
  else asked?.reject(new Error(data.reason));
}

/** Asks; rejects with the library's own message. */
export function ask<Q extends keyof Questions>(question: Q, about: Questions[Q]["ask"]): Promise<Questions[Q]["answer"]> {
  if (worker === undefined) {
    worker = spawn();
    worker.onmessage = hear;
    worker.onerror = (event) => failAll(event.message || "the worker could not be loaded");
  }
  const id = ++last;
  return new Promise<unknown>((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker?.postMessage({ type: "question", id, question, ask: about });
  }) as Promise<Questions[Q]["answer"]>;
}
