import { backOffMs, pause } from './back-off.js'
import { BatchDelivery } from './batch.delivery.js'
import { deadLetterError } from './dead.letter.js'
import { messageOfError } from './delivery.policy.js'
import type { HeldEntry } from './held.entry.js'
import type { StreamsConnection } from './redis.link.js'
import { SlotPool } from './slot.pool.js'
import { StreamConsumer } from './stream.consumer.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'

/** What all readers that have entries stored are told. */
export interface IntakeOptions {
  connection: StreamsConnection
  shards: readonly string[]
  /** Stable name of this process; two live ones must never share one. */
  instance: string
  /** Default 6,000. */
  reclaimIdleMs?: number
  /** Default 10,000. */
  drainTimeoutMs?: number
  /** Absent: silent. */
  logger?: StreamsLogger
}

export interface StreamIntakeOptions<T> extends Omit<IntakeOptions, 'shards'> {
  shard: string
  /** Who reads, and whose dead letters take what cannot be read. */
  service: string
  /** Stream keys, all of the shard. */
  streams: readonly string[]
  batchSize: number
  /** Default 3: see StreamConsumer. */
  suspectAfter?: number
  /** Gets each entry as it comes in, while others are stored. One for which it throws becomes a dead letter. */
  read?: (held: HeldEntry) => void
  /** Makes of a batch what is stored, while the batch before it is stored. A throw: see `store`. */
  prepare: (batch: readonly HeldEntry[]) => Promise<T>
  /**
   * Stores batches in order, one at a time. They are settled when it resolves. A throw keeps the whole batch, which is
   * prepared and stored again for ever. May see an entry again.
   */
  store: (prepared: T) => Promise<void>
}

const backOff = { firstMs: 100, factor: 2, capMs: 5_000 }
/** One is stored, the other is prepared. */
const batchesAtOnce = 2

/** Moves the entries of streams of one shard to where they are kept: in batches, in order, and none left out. */
export class StreamIntake<T> {
  readonly #options: StreamIntakeOptions<T>
  readonly #logger: StreamsLogger
  readonly #consumer: StreamConsumer
  /** Resolves when the last batch that was begun has been stored or given back. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: StreamIntakeOptions<T>) {
    this.#options = options
    const { connection, shard, service, streams, instance, batchSize } = options
    const { suspectAfter, reclaimIdleMs, drainTimeoutMs } = options
    this.#logger = options.logger ?? silentLogger
    const batches = new BatchDelivery(
      () => this.#consumer,
      batchSize,
      (batch) => this.#deliver(batch),
      batchesAtOnce,
    )
    this.#consumer = new StreamConsumer({
      connection,
      shard,
      streams,
      group: service,
      consumer: instance,
      slots: new SlotPool((1 + batchesAtOnce) * batchSize),
      logger: this.#logger,
      ...(suspectAfter === undefined ? {} : { suspectAfter }),
      ...(reclaimIdleMs === undefined ? {} : { reclaimIdleMs }),
      ...(drainTimeoutMs === undefined ? {} : { drainTimeoutMs }),
      onEntries: (entries) =>
        batches.add(options.read ? entries.filter((held) => this.#isRead(held)) : entries),
    })
  }

  /** @throws UnavailableError, UnsuitableRedisError: see StreamConsumer. */
  start(): Promise<void> {
    return this.#consumer.start()
  }

  /** Finishes the batches under way and hands back the rest. */
  stop(): Promise<void> {
    return this.#consumer.stop()
  }

  #isRead(held: HeldEntry): boolean {
    try {
      this.#options.read?.(held)
      return true
    } catch (error) {
      const { service } = this.#options
      const about = { code: 'invalid-entry', message: messageOfError(error), attempts: held.deliveries }
      this.#logger.error(
        { err: error, entryId: held.id },
        'An entry cannot be read; it becomes a dead letter',
      )
      void this.#consumer.settle(held, deadLetterError(held, { ...about, service }))
      return false
    }
  }

  async #deliver(batch: readonly HeldEntry[]): Promise<void> {
    const before = this.#turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turn = promise
    const isStored = await this.#store(batch, before)
    resolve()
    // The next batch is stored meanwhile. Whatever comes of it, a batch that comes again adds nothing.
    if (isStored) for (const held of batch) void this.#consumer.settle(held)
  }

  async #store(batch: readonly HeldEntry[], before: Promise<void>): Promise<boolean> {
    for (let failures = 1; ; failures += 1) {
      try {
        const prepared = await this.#options.prepare(batch)
        await before
        await this.#options.store(prepared)
        return true
      } catch (error) {
        if (this.#consumer.stopping.aborted) return false
        if (failures % 10 === 1)
          this.#logger.error(
            { err: error, entries: batch.length, failures },
            'Entries could not be stored; trying again',
          )
        await pause(backOffMs(failures, backOff), this.#consumer.stopping)
      }
    }
  }
}
