import { pause, persistently } from './back-off.js'
import { ConsumerGroup, type Delivered } from './consumer.group.js'
import { consumerDefaults, type StreamConsumerOptions } from './consumer.options.js'
import { ConsumerUpkeep } from './consumer.upkeep.js'
import { compareEntryIds } from './entry.id.js'
import { EntryHolding } from './entry.holding.js'
import { EntrySettling } from './entry.settling.js'
import type { HeldEntry } from './held.entry.js'
import { LoopGuard } from './loop.guard.js'
import { RedisLink } from './redis.link.js'
import { type EntryHolder, StreamReader } from './stream.reader.js'
import { streamKeys } from './stream.keys.js'

/** From here on a process takes no new work until its event loop moves again. */
const stallMs = 1_000

/**
 * Holds entries of a set of streams for one consumer group: reads, takes over abandoned ones, keeps alive what it holds,
 * settles, and hands back what was not begun when it stops.
 */
export class StreamConsumer implements EntryHolder {
  readonly #options: Required<StreamConsumerOptions>
  readonly #control: RedisLink
  readonly #group: ConsumerGroup
  readonly #reader: StreamReader
  readonly #holding: EntryHolding
  readonly #stopping = new AbortController()
  readonly #closing = new AbortController()
  readonly #settling: EntrySettling
  readonly #upkeep: ConsumerUpkeep
  readonly #guard = new LoopGuard(stallMs, (lagMs) => this.#afterStall(lagMs))
  #stopped: Promise<void> | undefined

  constructor(options: StreamConsumerOptions) {
    this.#options = { ...consumerDefaults, ...options }
    const { connection, shard, streams, group, consumer, blockMs, logger } = this.#options
    this.#holding = new EntryHolding(this.#options.slots, this.#options.suspectAfter)
    const name = `guildhall:${group}:${consumer}`
    const groupOn = (link: RedisLink) => new ConsumerGroup(link, streams, group, consumer, streamKeys(shard))
    const readerLink = new RedisLink(connection, `${name}:reader`, { shard })
    this.#control = new RedisLink(connection, `${name}:control`, { shard })
    this.#group = groupOn(this.#control)
    this.#settling = new EntrySettling(this.#group, this.#holding, logger, this.#closing.signal, (entry) =>
      this.#lose(entry, 'its consumer group is gone'),
    )
    this.#upkeep = new ConsumerUpkeep(this.#group, this.#holding, this.#options, {
      take: (delivered) => this.take(delivered),
      isStalled: () => this.#guard.isStalled,
      lose: (entry, why) => this.#lose(entry, why),
    })
    this.#reader = new StreamReader(readerLink, groupOn(readerLink), this, blockMs, logger)
  }

  /** Aborted when stop() begins: retries and waits end. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** How many entries are held. */
  get heldCount(): number {
    return this.#holding.size
  }

  /**
   * Makes the groups and begins to read.
   * @throws UnavailableError when Redis stays away for some 10 s; UnsuitableRedisError when it would evict streams or
   * lacks the function library.
   */
  async start(): Promise<void> {
    try {
      await persistently(async () => {
        await this.#group.ensure()
        await this.#group.checkServer()
        await this.#group.beat()
      }, 10)
    } catch (error) {
      await this.#control.close()
      throw error
    }
    this.#guard.start()
    this.#upkeep.start(this.stopping, this.#closing.signal)
    this.#reader.start()
  }

  async freeSlots(): Promise<number> {
    for (;;) {
      const free = await this.#holding.freeSlots(this.stopping)
      if (!this.#guard.isStalled || this.stopping.aborted) return free
      await pause(stallMs / 4, this.stopping)
    }
  }

  holds(stream: string, id: string): boolean {
    return this.#holding.has(stream, id)
  }

  take(delivered: readonly Delivered[]): void {
    const taken: HeldEntry[] = []
    const returned: HeldEntry[] = []
    const { isStalled } = this.#guard
    for (const one of delivered) {
      if (this.holds(one.stream, one.id)) continue
      const { entry, isHeld } = this.#holding.hold(one)
      entry.isDoubtful = isStalled
      if (!isHeld || this.stopping.aborted) returned.push(entry)
      else if (this.#holding.isOverfull) void this.#takeLater(entry)
      else taken.push(entry)
    }
    if (returned.length > 0) void this.#release(returned)
    if (taken.length > 0) this.#options.onEntries(taken)
  }

  /**
   * Whether an entry may have become another consumer's unseen, while this process stood still. To be asked right before
   * its handler begins; then isOurs() tells.
   */
  isDoubtful(entry: HeldEntry): boolean {
    return entry.isDoubtful || this.#guard.isStalled
  }

  /** Asks Redis whether an entry is still held here. @throws UnavailableError */
  async isOurs(entry: HeldEntry): Promise<boolean> {
    const lost = await this.#group.renew(entry.stream, [entry.id])
    if (lost.length > 0 && this.#holding.isHeld(entry)) this.#lose(entry, 'it was taken over meanwhile')
    entry.isDoubtful = false
    return !entry.isLost
  }

  /** Marks entries as running while the work goes on, so that stop() waits for it instead of handing them back. */
  async whileRunning<T>(entries: readonly HeldEntry[], work: () => Promise<T>): Promise<T> {
    for (const entry of entries) entry.isRunning = true
    try {
      return await work()
    } finally {
      for (const entry of entries) entry.isRunning = false
      if (this.stopping.aborted) await this.handBack(entries)
    }
  }

  /** Hands back those of the entries that are still held and not being settled: another consumer takes them over at once. */
  handBack(entries: readonly HeldEntry[]): Promise<void> {
    return this.#release(entries.filter((entry) => this.#holding.isHeld(entry) && !entry.hasEnded))
  }

  /**
   * Lets an entry wait for another try; others take its slot meanwhile.
   * @returns false when it is not ours to try any more: lost, or handed back because the consumer stops.
   */
  park(entry: HeldEntry, ms: number): Promise<boolean> {
    return this.#holding.park(entry, ms, this.stopping)
  }

  /**
   * Acknowledges and deletes an entry, or moves it to the dead letters; tried until it succeeds.
   * @param dead why it becomes a dead letter: what deadLetterError() made.
   * @returns false when the entry had been lost to another consumer, which will handle it again.
   */
  settle(entry: HeldEntry, dead?: string): Promise<boolean> {
    return this.#settling.settle(entry, dead)
  }

  /**
   * Settles entries of one stream by another function of the library. They stay held: forget() those that it ended.
   * @returns what the function answers.
   * @throws what Redis answers.
   */
  async settleBy(
    name: string,
    keys: readonly string[],
    args: readonly (string | number)[],
    entries: readonly HeldEntry[],
  ): Promise<unknown> {
    const { group, consumer } = this.#options
    for (const entry of entries) entry.isSettling = true
    try {
      return await this.#control.call('FCALL', [name, keys.length, ...keys, group, consumer, ...args])
    } finally {
      for (const entry of entries) entry.isSettling = false
    }
  }

  /** Hands entries back for later: some consumer takes them over when they have been idle for as long as abandoned ones. */
  putBack(entries: readonly HeldEntry[]): Promise<void> {
    return this.#release(entries, 0)
  }

  /** Lets entries go without settling them: not renewed any more, they are taken over in time. */
  forget(entries: readonly HeldEntry[]): void {
    for (const entry of entries) this.#holding.letGo(entry)
  }

  /**
   * Stops reading, hands back what was not begun, waits up to drainTimeoutMs for what runs, leaves the rest pending for
   * others, and disconnects. May be called more than once.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { drainTimeoutMs, logger } = this.#options
    const deadline = Date.now() + drainTimeoutMs
    this.#stopping.abort()
    this.#holding.wakeAll()
    await this.#reader.stop()
    await this.#releaseUnread().catch((error: unknown) =>
      logger.warn({ err: error }, 'Unread entries could not be handed back; others take them over'),
    )
    await this.#release(this.#holding.all().filter((entry) => !entry.isRunning && !entry.hasEnded))
    while (this.#holding.size > 0 && Date.now() < deadline)
      await Promise.race([this.#holding.change(), pause(deadline - Date.now(), this.#closing.signal)])
    if (this.#holding.size > 0)
      logger.warn(
        { entries: this.#holding.size },
        'Handlers still ran when the time to drain was over; left pending',
      )
    for (const entry of this.#holding.all()) this.#lose(entry, 'this consumer stops')
    this.#closing.abort()
    this.#guard.stop()
    try {
      await this.#group.retire()
      await this.#group.endBeat()
    } catch (error) {
      logger.debug({ err: error }, 'The consumer could not take its leave of Redis')
    }
    await this.#control.close()
  }

  async #releaseUnread(): Promise<void> {
    for (const stream of this.#group.streams) {
      const own = await this.#group.listOwn(stream, '-', 1_000)
      const unread = own.filter(({ id }) => !this.holds(stream, id))
      await this.#group.release(
        stream,
        unread.map(({ id, deliveries }) => ({ id, deliveries: deliveries - 1 })),
      )
    }
  }

  async #release(entries: readonly HeldEntry[], idleMs?: number): Promise<void> {
    for (const [stream, some] of Map.groupBy(entries, (entry) => entry.stream)) {
      const released = some
        .map((entry) => ({ id: entry.id, deliveries: entry.deliveriesOnRelease }))
        .sort((a, b) => compareEntryIds(a.id, b.id))
      try {
        await this.#group.release(stream, released, idleMs)
      } catch (error) {
        this.#options.logger.warn(
          { err: error },
          'Entries could not be handed back; others take them over in time',
        )
      }
    }
    for (const entry of entries) this.#holding.letGo(entry)
  }

  #afterStall(lagMs: number): void {
    this.#options.logger.warn({ lagMs }, 'The event loop stood still; nothing new is taken until it moves')
    for (const entry of this.#holding.all()) entry.isDoubtful = !entry.isRunning
    this.#options.onStall(lagMs)
  }

  async #takeLater(entry: HeldEntry): Promise<void> {
    if (await this.park(entry, 0)) this.#options.onEntries([entry])
  }

  #lose(entry: HeldEntry, why: string): void {
    this.#holding.letGo(entry)
    entry.abandon(`Entry ${entry.id} is lost: ${why}`)
    this.#options.logger.warn({ stream: entry.stream, entryId: entry.id, why }, 'Lost a held entry')
  }
}
