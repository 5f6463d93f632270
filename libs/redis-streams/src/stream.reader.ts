import { backOffMs, pause } from './back-off.js'
import type { ConsumerGroup, Delivered, PendingEntry } from './consumer.group.js'
import { ReadSize, sizeOf } from './read.size.js'
import type { RedisLink } from './redis.link.js'
import { isGroupLost } from './streams.errors.js'
import type { StreamsLogger } from './streams.logger.js'

type RawRead = [stream: string, entries: [id: string, fields: string[]][]][] | null

/** What the reader asks of the one who holds the entries. */
export interface EntryHolder {
  /** Resolves with the number of free slots as soon as there is one, or with 0 when no more are wanted. */
  freeSlots(): Promise<number>
  holds(stream: string, id: string): boolean
  take(delivered: Delivered[]): void
}

const errorBackOff = { firstMs: 50, factor: 2, capMs: 2_000 }

/**
 * The blocking read, on a connection of its own. It reads what free slots can take. After each new connection it first
 * asks for its own pending entries, since what Redis handed to the old connection may never have arrived.
 */
export class StreamReader {
  readonly #stopping = new AbortController()
  #ended: Promise<void> | undefined
  readonly #size = new ReadSize()
  #recoveredGeneration = 0

  constructor(
    private readonly link: RedisLink,
    private readonly group: ConsumerGroup,
    private readonly holder: EntryHolder,
    private readonly blockMs: number,
    private readonly logger: StreamsLogger,
  ) {}

  start(): void {
    this.#ended = this.#readOn()
  }

  /** Resolves when nothing more will be taken. What Redis handed out meanwhile stays among the own pending entries. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.link.close()
    await this.#ended
  }

  async #readOn(): Promise<void> {
    const signal = this.#stopping.signal
    let failures = 0
    while (!signal.aborted) {
      const free = await this.holder.freeSlots()
      if (signal.aborted) return
      try {
        await this.link.open()
        if (this.#recoveredGeneration === this.link.generation) await this.#readNew(free)
        else await this.#recoverOwn()
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        await this.#recoverFrom(error, failures)
        await pause(backOffMs(failures, errorBackOff), signal)
      }
    }
  }

  async #readNew(free: number): Promise<void> {
    const { streams, group, consumer } = this.group
    // COUNT holds for each stream by itself.
    const count = this.#size.next(Math.max(1, Math.floor(free / streams.length)))
    const read = await this.link.call<RawRead>(
      'XREADGROUP',
      [
        'GROUP',
        group,
        consumer,
        'COUNT',
        count,
        'BLOCK',
        this.blockMs,
        'STREAMS',
        ...streams,
        ...streams.map(() => '>'),
      ],
      // Redis answers after BLOCK at the latest, so silence beyond it means a dead link.
      this.blockMs + 1_000,
    )
    const delivered: Delivered[] = []
    this.#size.begin()
    for (const [stream, entries] of read ?? []) {
      const sizes: number[] = []
      for (const [id, flat] of entries) {
        sizes.push(sizeOf(flat))
        delivered.push({ stream, id, flat, deliveries: 1 })
      }
      this.#size.came(stream, sizes)
    }
    if (delivered.length > 0) this.holder.take(delivered)
  }

  async #recoverOwn(): Promise<void> {
    const generation = this.link.generation
    for (const stream of this.group.streams) {
      let after = '-'
      while (!this.#stopping.signal.aborted) {
        const count = Math.min(100, await this.holder.freeSlots())
        const pending: PendingEntry[] = await this.group.listOwn(stream, after, count)
        const missing = pending.filter(({ id }) => !this.holder.holds(stream, id))
        const delivered = await this.group.claimOwn(stream, missing)
        if (delivered.length > 0) this.holder.take(delivered)
        if (pending.length < count) break
        after = pending.at(-1)?.id ?? '+'
      }
    }
    this.#recoveredGeneration = generation
  }

  async #recoverFrom(error: unknown, failures: number): Promise<void> {
    const details = { err: error, streams: this.group.streams, group: this.group.group }
    if (isGroupLost(error)) {
      this.logger.error(
        details,
        'A consumer group is gone from Redis; making it again from the first entry on',
      )
      try {
        await this.group.ensure()
      } catch (again) {
        this.logger.warn({ err: again }, 'The consumer group could not be made again yet')
      }
    } else if (failures === 1 || failures % 20 === 0) {
      this.logger.warn({ ...details, failures }, 'Reading failed; trying again')
    }
  }
}
