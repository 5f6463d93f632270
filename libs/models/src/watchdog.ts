/** Aborts when nothing is heard for too long, when all of it takes too long, or when the caller says so. */
export class Watchdog {
  private readonly controller = new AbortController()
  private silence: NodeJS.Timeout | undefined
  private readonly whole: NodeJS.Timeout
  private readonly onAbort: () => void

  constructor(
    private readonly outer: AbortSignal | undefined,
    wholeMs: number,
    tooLong: () => Error,
  ) {
    this.whole = setTimeout(() => this.controller.abort(tooLong()), wholeMs)
    this.onAbort = () => this.controller.abort(outer?.reason)
    if (outer?.aborted) this.onAbort()
    outer?.addEventListener('abort', this.onAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Something was heard: the wait begins anew. */
  expectWithin(waitMs: number, otherwise: () => Error): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.controller.abort(otherwise()), waitMs)
  }

  /** Stops waiting, and whatever still goes on under the signal. */
  end(): void {
    clearTimeout(this.silence)
    clearTimeout(this.whole)
    this.outer?.removeEventListener('abort', this.onAbort)
    this.controller.abort()
  }
}
