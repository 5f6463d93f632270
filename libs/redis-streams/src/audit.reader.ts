import { backOffMs, pause } from './back-off.js'
import { BatchDelivery } from './batch.delivery.js'
import { deadLetterError } from './dead.letter.js'
import { messageOfError } from './delivery.policy.js'
import type { HeldEntry } from './held.entry.js'
import { readOrFail, type StampedMessage } from './message.reading.js'
import type { StreamsConnection } from './redis.link.js'
import { startAll, stopAll } from './shard.parts.js'
import { SlotPool } from './slot.pool.js'
import { StreamConsumer } from './stream.consumer.js'
import { streamKeys } from './stream.keys.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'

/** A routed or refused message as the relay recorded it. */
export interface AuditEntry extends StampedMessage {
  shard: string
  /** Unique within the shard. */
  entryId: string
}

export interface AuditReaderOptions {
  connection: StreamsConnection
  shards: readonly string[]
  /** Stable name of this process; two live ones must never share one. */
  instance: string
  /**
   * Stores the entries; they are deleted from the stream when it resolves. A throw keeps the whole batch and tries it
   * again for ever, since a record must not be lost. May see an entry again: know it by its shard and entryId. Called
   * for one batch of a shard at a time, for several shards at once.
   */
  handle: (entries: AuditEntry[]) => Promise<void>
  /** Default 100. */
  batchSize?: number
  /** Default 6,000. */
  reclaimIdleMs?: number
  /** Default 10,000. */
  drainTimeoutMs?: number
  /** Absent: silent. */
  logger?: StreamsLogger
}

const handleBackOff = { firstMs: 100, factor: 2, capMs: 5_000 }

/** Reads the audit stream of each shard in batches, one at a time and in order. */
export class AuditReader {
  readonly #shards: readonly ShardAuditReader[]

  constructor({ shards, ...options }: AuditReaderOptions) {
    this.#shards = shards.map((shard) => new ShardAuditReader({ ...options, shard }))
  }

  /** @throws UnavailableError, UnsuitableRedisError: see StreamConsumer. */
  start(): Promise<void> {
    return startAll(this.#shards)
  }

  /** Finishes the batches under way and hands back the rest. */
  stop(): Promise<void> {
    return stopAll(this.#shards)
  }
}

type ShardAuditReaderOptions = Omit<AuditReaderOptions, 'shards'> & { shard: string }

class ShardAuditReader {
  readonly #options: ShardAuditReaderOptions
  readonly #logger: StreamsLogger
  readonly #consumer: StreamConsumer
  readonly #read = new WeakMap<HeldEntry, StampedMessage | Error>()

  constructor(options: ShardAuditReaderOptions) {
    this.#options = options
    const { connection, shard, instance, batchSize = 100, reclaimIdleMs, drainTimeoutMs } = options
    this.#logger = options.logger ?? silentLogger
    const keys = streamKeys(shard)
    const batches = new BatchDelivery(
      () => this.#consumer,
      batchSize,
      (batch) => this.#deliver(batch),
    )
    this.#consumer = new StreamConsumer({
      connection,
      shard,
      streams: [keys.audit],
      group: 'audit',
      consumer: instance,
      deadLetter: keys.deadLetter('audit'),
      aliveKey: (consumer) => keys.alive('audit', consumer),
      slots: new SlotPool(2 * batchSize),
      // A record runs no handler that could kill this process: one at a time would only hold up all the others.
      suspectAfter: Number.POSITIVE_INFINITY,
      logger: this.#logger,
      ...(reclaimIdleMs === undefined ? {} : { reclaimIdleMs }),
      ...(drainTimeoutMs === undefined ? {} : { drainTimeoutMs }),
      onEntries: (entries) => {
        // While others are stored: so both this process and the database are at work.
        for (const held of entries) this.#read.set(held, readOrFail(held.fields))
        batches.add(entries)
      },
    })
  }

  start(): Promise<void> {
    return this.#consumer.start()
  }

  stop(): Promise<void> {
    return this.#consumer.stop()
  }

  async #deliver(batch: HeldEntry[]): Promise<void> {
    const { shard } = this.#options
    const readable: { held: HeldEntry; entry: AuditEntry }[] = []
    for (const held of batch) {
      const read = this.#read.get(held) ?? readOrFail(held.fields)
      if (read instanceof Error) await this.#bury(held, read)
      else readable.push({ held, entry: { shard, entryId: held.id, ...read } })
    }
    if (readable.length === 0 || !(await this.#handle(readable.map(({ entry }) => entry)))) return
    // The next batch is stored meanwhile. Whatever comes of it, a batch that comes again adds nothing.
    for (const { held } of readable) void this.#consumer.settle(held)
  }

  async #handle(entries: AuditEntry[]): Promise<boolean> {
    for (let failures = 1; ; failures += 1) {
      try {
        await this.#options.handle(entries)
        return true
      } catch (error) {
        if (this.#consumer.stopping.aborted) return false
        if (failures % 10 === 1)
          this.#logger.error(
            { err: error, entries: entries.length, failures },
            'Audit entries could not be stored; trying again',
          )
        await pause(backOffMs(failures, handleBackOff), this.#consumer.stopping)
      }
    }
  }

  async #bury(held: HeldEntry, error: unknown): Promise<void> {
    this.#logger.error(
      { err: error, entryId: held.id },
      'An audit entry cannot be read; it goes to the dead letters',
    )
    const about = { code: 'invalid-entry', message: messageOfError(error), attempts: held.deliveries }
    await this.#consumer.settle(held, deadLetterError(held, { ...about, service: 'audit' }))
  }
}
