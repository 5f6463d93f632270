/** The breaker is open: nothing was asked. */
export class CircuitOpenError extends Error {
  override name = 'CircuitOpenError'

  constructor(readonly retryInMs: number) {
    super(`not asked after repeated failures; asked again in ${retryInMs} ms`)
  }
}

export interface CircuitBreakerOptions {
  /** Failures in a row that open it; default 3. */
  failures?: number
  /** How long it stays open before one try is let through; default 30_000. */
  openMs?: number
  /** Whether an error speaks against the other side; default: every one. An abort by the caller should not. */
  isFailure?: (error: unknown) => boolean
  /** Milliseconds of a clock that never goes back; default `performance.now`. */
  now?: () => number
}

/**
 * Saves callers the wait for an endpoint that is down. While open it refuses at once; after `openMs` it lets one try
 * through, and everybody else is still refused at once until that try has ended.
 */
export class CircuitBreaker {
  private readonly failures: number
  private readonly openMs: number
  private readonly isFailure: (error: unknown) => boolean
  private readonly now: () => number
  private failedInRow = 0
  private openUntilMs = -Infinity
  private isProbing = false

  constructor(options: CircuitBreakerOptions = {}) {
    this.failures = options.failures ?? 3
    this.openMs = options.openMs ?? 30_000
    this.isFailure = options.isFailure ?? (() => true)
    this.now = options.now ?? (() => performance.now())
  }

  get isOpen(): boolean {
    return this.failedInRow >= this.failures && (this.isProbing || this.now() < this.openUntilMs)
  }

  /** @throws CircuitOpenError without calling `work`; whatever `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.isOpen) throw new CircuitOpenError(Math.max(0, Math.ceil(this.openUntilMs - this.now())))
    const isProbe = this.failedInRow >= this.failures
    if (isProbe) this.isProbing = true
    try {
      const result = await work()
      this.failedInRow = 0
      return result
    } catch (error) {
      if (this.isFailure(error)) this.countFailure()
      throw error
    } finally {
      if (isProbe) this.isProbing = false
    }
  }

  private countFailure(): void {
    this.failedInRow += 1
    if (this.failedInRow >= this.failures) this.openUntilMs = this.now() + this.openMs
  }
}
