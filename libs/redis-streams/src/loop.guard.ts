const lookEveryMs = 200

/**
 * Sees when the event loop of this process stands still: blocked by a handler, or the process stopped. What it held
 * meanwhile may belong to others now, and it must not take more than it can renew.
 */
export class LoopGuard {
  #lookedAt = performance.now()
  #stalledUntil = -Infinity
  #timer: NodeJS.Timeout | undefined

  /**
   * @param limitMs from which delay on the loop counts as stalled.
   * @param onStall gets how long the loop stood still, once it moves again.
   */
  constructor(
    private readonly limitMs: number,
    private readonly onStall: (lagMs: number) => void,
  ) {}

  start(): void {
    this.#lookedAt = performance.now()
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Whether it stands still now, or did so a moment ago. */
  get isStalled(): boolean {
    const now = performance.now()
    return now - this.#lookedAt - lookEveryMs > this.limitMs || now - this.#stalledUntil < this.limitMs
  }

  #look(): void {
    const now = performance.now()
    const lagMs = now - this.#lookedAt - lookEveryMs
    this.#lookedAt = now
    if (lagMs <= this.limitMs) return
    this.#stalledUntil = now
    this.onStall(Math.round(lagMs))
  }
}
