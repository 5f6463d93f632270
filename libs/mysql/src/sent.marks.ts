import type { EntityManager } from 'typeorm'
import type { DatabaseLogger } from './database.options.js'
import { markSent } from './outbox.js'
import { failureOf } from './server.errors.js'

const pauseMs = 50
const pauseAfterFailureMs = 1_000
const idsPerUpdate = 500

/**
 * Marks published messages as sent, many in one update and without anybody waiting. A mark that is lost with the
 * process costs one more publication under the same id, which inboxes ignore.
 */
export class SentMarks {
  readonly #manager: EntityManager
  readonly #logger: DatabaseLogger
  readonly #waiting = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<boolean> | undefined

  constructor(manager: EntityManager, logger: DatabaseLogger) {
    this.#manager = manager
    this.#logger = logger
  }

  add(ids: readonly string[]): void {
    for (const id of ids) this.#waiting.add(id)
    this.#schedule(pauseMs)
  }

  /** True from publication until the row says so. */
  has(id: string): boolean {
    return this.#waiting.has(id)
  }

  /**
   * Writes what waits now; failures are logged and what failed stays for the next time.
   * @returns whether all of it is written.
   */
  async flush(): Promise<boolean> {
    await this.#flushing
    this.#flushing = this.#write()
    return this.#flushing
  }

  async close(): Promise<void> {
    await this.flush()
    clearTimeout(this.#timer)
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.flush()
    }, delayMs)
  }

  async #write(): Promise<boolean> {
    while (this.#waiting.size > 0) {
      const ids = [...this.#waiting].slice(0, idsPerUpdate)
      try {
        await markSent(this.#manager, ids)
      } catch (error) {
        this.#logger.warn(
          { reason: failureOf(error).text, messages: ids.length },
          'sent messages stay unmarked',
        )
        this.#schedule(pauseAfterFailureMs)
        return false
      }
      for (const id of ids) this.#waiting.delete(id)
    }
    return true
  }
}
