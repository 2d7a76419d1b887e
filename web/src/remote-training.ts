/** One training in a worker of its own, as the page sees it. */
import type { Device, Files, FromWorker, Pictures } from "./protocol";
import { RemoteSession, type Listener } from "./search";
import { spawn } from "./spawn";
import type { TrainingConfig } from "./types";

/** Beginning of a training: from its configuration, or from a snapshot of a training with it. */
export interface TrainingOrigin {
  config: TrainingConfig;
  snapshot?: Uint8Array | undefined;
}

/** Reports to the page; those of a search, and the end of the training. */
export interface TrainingListener extends Listener {
  /** The network can be asked; `classes` are the names of what it tells apart. */
  trained(classes: readonly string[]): void;
}

const gone = (): Error => new Error("the network is gone");

interface Waiting {
  resolve(probabilities: Float32Array): void;
  reject(reason: Error): void;
}

export class RemoteTraining extends RemoteSession {
  private readonly predictions = new Map<number, Waiting>();
  private questions = 0;
  private closed = false;

  private constructor(
    worker: Worker,
    private readonly graduation: TrainingListener,
  ) {
    super(worker, graduation);
  }

  /** Starts a worker and makes the training in it. Rejects with the reason where that fails. */
  static make({ config, snapshot }: TrainingOrigin, device: Device, files: Files, listener: TrainingListener): Promise<RemoteTraining> {
    return this.start(new RemoteTraining(spawn(), listener), { type: "train", config, snapshot, device, files });
  }

  /** Asks the trained network for the probabilities of all classes, image by image. Rejects with the library's message. */
  predict(images: Pictures): Promise<Float32Array> {
    if (this.closed) return Promise.reject(gone());
    this.questions += 1;
    const id = this.questions;
    return new Promise((resolve, reject) => {
      this.predictions.set(id, { resolve, reject });
      this.worker.postMessage({ type: "predict", id, images });
    });
  }

  override close(): void {
    super.close();
    this.closed = true;
    for (const { reject } of this.predictions.values()) reject(gone());
    this.predictions.clear();
  }

  protected override hear(data: FromWorker): void {
    if (data.type === "trained") this.graduation.trained(data.classes);
    else if (data.type === "answer" || data.type === "no-answer") {
      const asked = this.predictions.get(data.id);
      this.predictions.delete(data.id);
      if (data.type === "answer") asked?.resolve(data.answer as Float32Array);
      else asked?.reject(new Error(data.reason));
    } else super.hear(data);
  }
}
