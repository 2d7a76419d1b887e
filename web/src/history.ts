/** Snapshots of the ends of epochs, as many as a bounded memory holds. */

const MOST_BYTES = 64 << 20;

export interface KeptEpoch {
  epoch: number;
  bytes: Uint8Array;
}

export class History {
  private readonly kept = new Map<number, Uint8Array>();
  /** Distance of two epochs that are kept; it doubles each time the memory is full. */
  private every = 1;

  constructor(private readonly most = MOST_BYTES) {}

  /** True if a snapshot of the end of this epoch would be kept. */
  wants(epoch: number): boolean {
    return epoch % this.every === 0;
  }

  add(epoch: number, bytes: Uint8Array): void {
    // One that fills the memory alone leaves nothing to go back to.
    if (bytes.length > this.most) {
      this.every = Infinity;
      return;
    }
    this.kept.set(epoch, bytes);
    while (this.size > this.most) this.thin();
  }

  /** Returns the newest snapshot at or before an epoch. */
  at(epoch: number): KeptEpoch | undefined {
    const found = Math.max(...[...this.kept.keys()].filter((one) => one <= epoch));
    const bytes = this.kept.get(found);
    return bytes === undefined ? undefined : { epoch: found, bytes };
  }

  private get size(): number {
    return [...this.kept.values()].reduce((sum, { length }) => sum + length, 0);
  }

  private thin(): void {
    this.every *= 2;
    for (const epoch of this.kept.keys()) if (!this.wants(epoch)) this.kept.delete(epoch);
  }
}
