import { setTimeout as sleep } from 'node:timers/promises'
import type { DataSource, QueryRunner } from 'typeorm'
import type { DatabaseLogger, EnvelopePublisher, SweeperSettings } from './database.options.js'
import { forgetMessages } from './inbox.js'
import { withServerLock } from './server.lock.js'
import { deleteSent, markSent, unsentMessages } from './outbox.js'
import { failureOf } from './server.errors.js'

const rowsPerDelete = 1_000
const deletesPerCleaning = 20

/**
 * Publishes what a transaction committed and nobody published: the process died in between, or Redis was away. Of all
 * the processes on a schema one sweeps at a time, by a server lock that ends with its connection.
 */
export class OutboxSweeper {
  readonly #source: DataSource
  readonly #publisher: EnvelopePublisher
  readonly #settings: SweeperSettings
  readonly #logger: DatabaseLogger
  readonly #isInHand: (id: string) => boolean
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #cleanedAtMs = 0

  constructor(o: {
    source: DataSource
    publisher: EnvelopePublisher
    settings: SweeperSettings
    logger: DatabaseLogger
    /** True for messages that this process is publishing or has published already. */
    isInHand: (id: string) => boolean
  }) {
    this.#source = o.source
    this.#publisher = o.publisher
    this.#settings = o.settings
    this.#logger = o.logger
    this.#isInHand = o.isInHand
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when the sweep under way has ended. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        const lock = `outbox:${String(this.#source.options.database)}`
        await withServerLock(this.#source, lock, 0, async (runner) => {
          await this.#clean(runner)
          await this.#sweep(runner)
        })
      } catch (error) {
        this.#logger.warn({ reason: failureOf(error).text }, 'outbox sweep failed; it is tried again')
      }
      await sleep(this.#settings.everyMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #sweep(runner: QueryRunner): Promise<void> {
    const { unsentAfterMs, batchSize } = this.#settings
    while (!this.#stop.signal.aborted) {
      const found = await unsentMessages(runner.manager, unsentAfterMs, batchSize)
      const lost = found.filter(({ header }) => !this.#isInHand(header.id))
      if (lost.length === 0) return
      await this.#publisher.publish(lost)
      await markSent(
        runner.manager,
        lost.map(({ header }) => header.id),
      )
      this.#logger.info({ messages: lost.length }, 'published messages that were left in the outbox')
      if (found.length < batchSize) return
    }
  }

  async #clean(runner: QueryRunner): Promise<void> {
    const { keepSentMs, keepHandledMs, cleanEveryMs } = this.#settings
    if (Date.now() < this.#cleanedAtMs + cleanEveryMs) return
    this.#cleanedAtMs = Date.now()
    for (const remove of [
      () => deleteSent(runner.manager, keepSentMs, rowsPerDelete),
      () => forgetMessages(runner.manager, keepHandledMs, rowsPerDelete),
    ]) {
      for (let batch = 0; batch < deletesPerCleaning && !this.#stop.signal.aborted; batch++) {
        if ((await remove()) < rowsPerDelete) break
      }
    }
  }
}
