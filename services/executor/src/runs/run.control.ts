import { type Interruption, RunInterrupted } from './run.failure.js'

/** What stops the work of one run from outside: its own clock, a cancel, a lost lease, a shutdown. The first wins. */
export class RunControl {
  private readonly hard = new AbortController()
  private readonly soft = new AbortController()
  private readonly shutdown = new AbortController()
  private readonly clock: NodeJS.Timeout
  readonly deadlineMs: number

  /** @param deadlineMs epoch milliseconds */
  constructor(deadlineMs: number) {
    this.deadlineMs = deadlineMs
    // A longer delay than this makes Node's timer fire at once.
    const delayMs = Math.min(Math.max(0, deadlineMs - Date.now()), 2 ** 31 - 1)
    this.clock = setTimeout(() => this.interrupt('timed-out'), delayMs)
  }

  /** Aborted when what runs must be killed. */
  get signal(): AbortSignal {
    return this.hard.signal
  }

  /** Aborted earlier than `signal` at a shutdown: for waiting that leaves no effect, such as for a model. */
  get waitingSignal(): AbortSignal {
    return this.soft.signal
  }

  /** Aborted at a shutdown only, whatever interrupted the run before: ends waiting for a database that is away. */
  get shutdownSignal(): AbortSignal {
    return this.shutdown.signal
  }

  get interruption(): Interruption | undefined {
    return this.hard.signal.aborted ? (this.hard.signal.reason as RunInterrupted).reason : undefined
  }

  /** Whether somebody else goes on with the run. */
  get isLeft(): boolean {
    return this.interruption === 'lease-lost' || this.interruption === 'handed-over'
  }

  restMs(): number {
    return Math.max(0, this.deadlineMs - Date.now())
  }

  interrupt(reason: Interruption): void {
    const error = new RunInterrupted(reason)
    this.hard.abort(error)
    this.soft.abort(error)
  }

  /** Lets the call that runs now end, and nothing begin after it. */
  handOver(): void {
    this.shutdown.abort()
    this.soft.abort(new RunInterrupted('handed-over'))
  }

  /** Between two steps: @throws RunInterrupted when the run must not go on here. */
  checkpoint(): void {
    this.hard.signal.throwIfAborted()
    this.soft.signal.throwIfAborted()
  }

  /** Stops the clock. */
  end(): void {
    clearTimeout(this.clock)
  }
}
