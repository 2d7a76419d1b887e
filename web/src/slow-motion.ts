/** A clock that goes through the epochs slowly. */

/** From one epoch to the next. */
const EPOCH_MS = 2_400;
/** A page that was hidden goes on where it was. */
const LONGEST_FRAME_MS = 100;

export class SlowMotion {
  /** The moment that is shown: an epoch, counted from 1, and the share of the way to the next one. */
  at = 0;
  /** The last epoch that there is. */
  last = 0;
  private before = 0;
  private frame: number | undefined;
  private timer: number | undefined;

  /** `show` draws the moment; `reach` is told every epoch that begins, and `stopped` the end. */
  constructor(private readonly on: { show(): void; reach(epoch: number): void; stopped(): void }) {}

  get playing(): boolean {
    return this.frame !== undefined || this.timer !== undefined;
  }

  /** Begins where it stands; at the end, with the first epoch. */
  play(): void {
    if (this.last < 2) return;
    if (this.at >= this.last) this.go(1);
    // Epoch by epoch for those who want nothing to move.
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.timer = setInterval(() => this.move(Math.floor(this.at) + 1), EPOCH_MS);
    else {
      this.before = performance.now();
      this.frame = requestAnimationFrame(this.glide);
    }
  }

  stop(): void {
    clearInterval(this.timer);
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.timer = this.frame = undefined;
    this.on.stopped();
  }

  private readonly glide = (now: number): void => {
    const passed = Math.max(0, Math.min(now - this.before, LONGEST_FRAME_MS));
    this.before = now;
    this.frame = requestAnimationFrame(this.glide);
    this.move(this.at + passed / EPOCH_MS);
  };

  private move(to: number): void {
    this.go(to);
    if (this.at >= this.last) this.stop();
  }

  private go(to: number): void {
    const epoch = Math.floor(this.at);
    this.at = Math.min(to, this.last);
    if (Math.floor(this.at) !== epoch) this.on.reach(Math.floor(this.at));
    this.on.show();
  }
}
