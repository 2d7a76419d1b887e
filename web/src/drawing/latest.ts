/** Requests of which only the newest matters: one is being answered, and at most one waits. */
export class Latest<Job> {
  private waiting: { job: Job } | undefined;
  private busy = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `answer` must not reject. A job waits `delay` ms for a newer one. */
  constructor(private readonly answer: (job: Job) => Promise<void>, private readonly delay: number) {}

  ask(job: Job): void {
    this.waiting = { job };
    this.timer ??= setTimeout(() => void this.go(), this.delay);
  }

  /** Forgets what waits. */
  forget(): void {
    this.waiting = undefined;
  }

  private async go(): Promise<void> {
    this.timer = undefined;
    if (this.busy || this.waiting === undefined) return;
    const { job } = this.waiting;
    this.waiting = undefined;
    this.busy = true;
    await this.answer(job);
    this.busy = false;
    if (this.waiting !== undefined) void this.go();
  }
}
