import { topology as guildhall, type Topology } from '@guildhall/contracts'
import { backOffMs, pause } from './back-off.js'
import { BatchDelivery } from './batch.delivery.js'
import { EntryBytes } from './entry.bytes.js'
import type { HeldEntry } from './held.entry.js'
import type { StreamsConnection } from './redis.link.js'
import { startAll, stopAll } from './shard.parts.js'
import { SlotPool } from './slot.pool.js'
import { StreamConsumer } from './stream.consumer.js'
import { streamKeys } from './stream.keys.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'

/** A dead letter as it lies in Redis. */
export interface DeadLetterEntry {
  shard: string
  /** That could not handle the message. */
  service: string
  entryId: string
  /** Names and values in turn; the last `error` says why. */
  flat: Buffer[]
}

export interface DeadLetterReaderOptions {
  connection: StreamsConnection
  shards: readonly string[]
  /** Whose dead letters. Default: those of Guildhall's own services. */
  topology?: Topology
  /** Stable name of this router process; two live ones must never share one. */
  instance: string
  /**
   * Stores the entries; they are deleted from their stream when it resolves. A throw keeps them and tries again for ever.
   * May see an entry again: know it by shard, service and entryId.
   */
  handle: (entries: DeadLetterEntry[]) => Promise<void>
  /** Default 6,000. */
  reclaimIdleMs?: number
  /** Absent: silent. */
  logger?: StreamsLogger
}

const batchSize = 20
const handleBackOff = { firstMs: 100, factor: 2, capMs: 5_000 }

/** Reads the dead letters of every service in every shard, byte for byte. */
export class DeadLetterReader {
  readonly #shards: readonly ShardDeadLetterReader[]

  constructor({ shards, ...options }: DeadLetterReaderOptions) {
    this.#shards = shards.map((shard) => new ShardDeadLetterReader({ ...options, shard }))
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

type ShardOptions = Omit<DeadLetterReaderOptions, 'shards'> & { shard: string }

class ShardDeadLetterReader {
  readonly #options: ShardOptions
  readonly #services: ReadonlyMap<string, string>
  readonly #consumer: StreamConsumer
  readonly #bytes: EntryBytes

  constructor(options: ShardOptions) {
    this.#options = options
    const { connection, shard, instance, topology = guildhall, logger = silentLogger } = options
    const keys = streamKeys(shard)
    this.#services = new Map(topology.services.map((service) => [keys.deadLetter(service), service]))
    this.#bytes = new EntryBytes({ connection, shard, service: 'router' })
    const batches = new BatchDelivery(
      () => this.#consumer,
      batchSize,
      (batch) => this.#deliver(batch),
    )
    this.#consumer = new StreamConsumer({
      connection,
      shard,
      streams: [...this.#services.keys()],
      group: 'router',
      consumer: instance,
      deadLetter: keys.deadLetter('router'),
      aliveKey: (consumer) => keys.alive('router', consumer),
      slots: new SlotPool(2 * batchSize),
      logger,
      ...(options.reclaimIdleMs === undefined ? {} : { reclaimIdleMs: options.reclaimIdleMs }),
      onEntries: (entries) => batches.add(entries),
    })
  }

  start(): Promise<void> {
    return this.#consumer.start()
  }

  async stop(): Promise<void> {
    await this.#consumer.stop()
    await this.#bytes.close()
  }

  async #deliver(batch: HeldEntry[]): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      try {
        await this.#options.handle(await this.#entriesOf(batch))
        break
      } catch (error) {
        if (this.#consumer.stopping.aborted) return
        if (failures % 10 === 1)
          this.#options.logger?.error(
            { err: error, entries: batch.length, failures },
            'Dead letters could not be stored; trying again',
          )
        await pause(backOffMs(failures, handleBackOff), this.#consumer.stopping)
      }
    }
    await Promise.all(batch.map((held) => this.#consumer.settle(held)))
  }

  async #entriesOf(batch: readonly HeldEntry[]): Promise<DeadLetterEntry[]> {
    const entries: DeadLetterEntry[] = []
    for (const { stream, id } of batch) {
      const flat = await this.#bytes.read(stream, id)
      const service = this.#services.get(stream) as string
      // Gone: another router has stored it.
      if (flat) entries.push({ shard: this.#options.shard, service, entryId: id, flat })
    }
    return entries
  }
}
