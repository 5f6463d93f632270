import { OutageError, RequestError, TerminalError } from '@guildhall/contracts'
import type { StreamsLogger } from './streams.logger.js'

/** A handler took longer than it may. The message is tried again with back-off, like after any other failure. */
export class HandlerTimeoutError extends Error {
  override readonly name = 'HandlerTimeoutError'
}

interface Watched {
  what: string
  timeoutMs: number
  expiresAt: number
  timeout: HandlerTimeoutError | undefined
  abort: (reason: Error) => void
  giveUp: (error: Error) => void
}

const lookEveryMs = 50
const typed = [RequestError, TerminalError, OutageError]

/**
 * Holds handlers to their deadlines. One timer looks after all that run, since one for each would cost every message.
 */
export class HandlerDeadlines {
  readonly #watched = new Set<Watched>()
  #isLooking = false

  /** @param graceMs how long a handler may take to end once it has been told to. */
  constructor(
    private readonly graceMs: number,
    private readonly logger: StreamsLogger,
  ) {}

  /**
   * What the work comes to, if it comes in time. At the deadline it is told to end; what it does within the grace still
   * counts, and then it is given up. It may run on, but nobody waits for it any more.
   * @param abort tells the work to end.
   * @throws HandlerTimeoutError after the grace, or when the work fails within it for no reason of its own.
   */
  watch<T>(what: string, timeoutMs: number, abort: (reason: Error) => void, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const watched: Watched = {
        what,
        timeoutMs,
        expiresAt: performance.now() + timeoutMs,
        timeout: undefined,
        abort,
        giveUp: reject,
      }
      this.#watched.add(watched)
      this.#lookLater()
      work.then(
        (value) => {
          this.#end(watched)
          resolve(value)
        },
        (error: unknown) => {
          this.#end(watched)
          // What a handler throws is passed on as it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(reasonOf(error, watched.timeout))
        },
      )
    })
  }

  #end(watched: Watched): void {
    if (this.#watched.delete(watched)) return
    this.logger.warn(
      { type: watched.what, timeoutMs: watched.timeoutMs },
      'A handler ended after it had been given up; its message is not settled by it',
    )
  }

  #lookLater(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    setTimeout(() => this.#look(), lookEveryMs).unref()
  }

  #look(): void {
    this.#isLooking = false
    const now = performance.now()
    for (const watched of this.#watched) {
      const { what, timeoutMs, expiresAt } = watched
      if (now < expiresAt) continue
      if (!watched.timeout) {
        watched.timeout = new HandlerTimeoutError(`The handler of ${what} took longer than ${timeoutMs} ms`)
        watched.expiresAt = now + this.graceMs
        watched.abort(watched.timeout)
      } else {
        this.#watched.delete(watched)
        watched.giveUp(watched.timeout)
      }
    }
    if (this.#watched.size > 0) this.#lookLater()
  }
}

function reasonOf(error: unknown, timeout: HandlerTimeoutError | undefined): unknown {
  return timeout && !typed.some((type) => error instanceof type) ? timeout : error
}
