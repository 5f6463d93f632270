import { randomUUID } from 'node:crypto'
import { pause } from './back-off.js'
import { fieldsOf } from './held.entry.js'
import type { RedisLink } from './redis.link.js'
import type { StreamKeys } from './stream.keys.js'
import { isGroupLost, UnsuitableRedisError } from './streams.errors.js'

/** An entry as Redis handed it out. */
export interface Delivered {
  stream: string
  id: string
  /** Names and values of its fields in turn. */
  flat: readonly string[]
  deliveries: number
}
export interface PendingEntry {
  id: string
  deliveries: number
}
/** An entry that was handled, and where its payload lies when that was put down apart. */
export interface HandledEntry {
  id: string
  payloadKey: string | undefined
}
/** An entry that becomes a dead letter. */
export interface DeadEntry {
  id: string
  /** Why, JSON. */
  error: string
}

type RawEntry = [id: string, fields: string[]]
type RawPending = [id: string, consumer: string, idleMs: number, deliveries: number]

const aliveForMs = 6_000
const releasedPerCall = 1_000
// For a process that has noted a group to make it.
const madeWithinMs = 200
const neverAborted = new AbortController().signal

/** What one consumer asks of Redis about its group, except the blocking read. */
export class ConsumerGroup {
  constructor(
    private readonly link: RedisLink,
    readonly streams: readonly string[],
    readonly group: string,
    readonly consumer: string,
    private readonly keys: StreamKeys,
  ) {}

  /**
   * Makes the groups that do not exist, from the first entry on: at `$` they would miss what was sent before. A group
   * that was made once and is missing was lost, with messages that nobody has handled: before it is made again the epoch
   * changes, so that everybody says again what they said. Of a FLUSHALL, which takes the memory of groups too, the epoch
   * tells by its absence.
   */
  async ensure(): Promise<void> {
    for (const stream of this.streams) {
      const hasGroup = await this.#hasGroup(stream)
      const isFirst = await this.#noteGroup(stream)
      if (hasGroup) continue
      if (!isFirst && !(await this.#appears(stream))) await this.reportLoss()
      await this.#create(stream)
    }
  }

  /** Tells every publisher of the shard that messages were lost: see ContinuityWatch. */
  async reportLoss(): Promise<void> {
    await this.link.run((redis) => redis.set(this.keys.epoch, randomUUID()))
  }

  /** @returns whether nobody had noted it before: in what Redis remembers, the group of the stream was never made. */
  async #noteGroup(stream: string): Promise<boolean> {
    return (await this.link.run((redis) => redis.sadd(this.keys.groups(this.group), stream))) === 1
  }

  /** Whether another process, which has noted the group just now, makes it. */
  async #appears(stream: string): Promise<boolean> {
    await pause(madeWithinMs, neverAborted)
    return this.#hasGroup(stream)
  }

  async #hasGroup(stream: string): Promise<boolean> {
    try {
      await this.#call('XINFO', 'CONSUMERS', stream, this.group)
      return true
    } catch (error) {
      if (isGroupLost(error)) return false
      throw error
    }
  }

  async #create(stream: string): Promise<void> {
    await this.link.run(async (redis) => {
      try {
        await redis.call('XGROUP', 'CREATE', stream, this.group, '0', 'MKSTREAM')
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
      }
    })
  }

  /** @throws UnsuitableRedisError when this Redis may evict streams, or lacks our functions. */
  async checkServer(): Promise<void> {
    const memory = await this.link.run((redis) => redis.info('memory'))
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1]
    if (policy !== undefined && policy !== 'noeviction')
      throw new UnsuitableRedisError(
        `Redis may evict streams (maxmemory-policy ${policy}): set maxmemory-policy noeviction`,
      )
    for (const stream of this.streams) await this.renew(stream, [])
  }

  /** What this consumer holds by Redis's account, after an id. */
  async listOwn(stream: string, afterId: string, count: number): Promise<PendingEntry[]> {
    const rows = await this.#call<RawPending[]>(
      'XPENDING',
      stream,
      this.group,
      afterId === '-' ? '-' : `(${afterId}`,
      '+',
      count,
      this.consumer,
    )
    return rows.map(([id, , , deliveries]) => ({ id, deliveries }))
  }

  /** Hands this consumer its own pending entries once more. */
  async claimOwn(stream: string, pending: readonly PendingEntry[]): Promise<Delivered[]> {
    if (pending.length === 0) return []
    const ids = pending.map(({ id }) => id)
    const entries = await this.#call<RawEntry[]>('XCLAIM', stream, this.group, this.consumer, 0, ...ids)
    const before = new Map(pending.map(({ id, deliveries }) => [id, deliveries]))
    return entries.map(([id, flat]) => ({
      stream,
      id,
      flat,
      deliveries: (before.get(id) ?? 0) + 1,
    }))
  }

  /**
   * Takes over entries that nobody kept alive.
   * @returns gone: ids that were pending while their entry no longer exists: lost messages.
   */
  async claimAbandoned(
    stream: string,
    cursor: string,
    idleMs: number,
    count: number,
  ): Promise<{ cursor: string; entries: Delivered[]; gone: string[] }> {
    const [next, entries, gone] = await this.#call<[string, RawEntry[], string[]]>(
      'XAUTOCLAIM',
      stream,
      this.group,
      this.consumer,
      idleMs,
      cursor,
      'COUNT',
      count,
    )
    const first = entries[0]?.[0]
    const last = entries.at(-1)?.[0]
    const counts = new Map<string, number>()
    if (first && last) {
      const rows = await this.#call<RawPending[]>(
        'XPENDING',
        stream,
        this.group,
        first,
        last,
        10_000,
        this.consumer,
      )
      for (const [id, , , deliveries] of rows) counts.set(id, deliveries)
    }
    return {
      cursor: next,
      // One of its own that this consumer has settled since then is not pending any more.
      entries: entries.flatMap(([id, flat]) => {
        const deliveries = counts.get(id)
        return deliveries === undefined ? [] : [{ stream, id, flat, deliveries }]
      }),
      gone: gone ?? [],
    }
  }

  /**
   * Deletes handled entries, with the payloads that were put down for them, and moves dead ones to the dead letters.
   * @param sorted ids of both, ascending.
   * @returns ids that this consumer had lost: nothing was done about them.
   */
  settle(
    stream: string,
    sorted: readonly string[],
    handled: readonly HandledEntry[],
    dead: readonly DeadEntry[],
  ): Promise<string[]> {
    const keys = [stream, this.keys.deadLetter(this.group)]
    const payloadOf: string[] = []
    const args: (string | number)[] = [sorted[0] ?? '-', sorted.at(-1) ?? '+', handled.length]
    for (const { id, payloadKey } of handled) {
      args.push(id)
      if (payloadKey === undefined) continue
      keys.push(payloadKey)
      payloadOf.push(id)
    }
    args.push(...payloadOf)
    for (const { id, error } of dead) args.push(id, error)
    return this.#function<string[]>('gh_settle', keys, ...args)
  }

  /** @param sorted ascending. @returns ids that this consumer had lost. */
  renew(stream: string, sorted: readonly string[]): Promise<string[]> {
    return this.#function<string[]>('gh_renew', [stream], ...sorted)
  }

  /**
   * Hands entries back.
   * @param sorted ascending.
   * @param idleMs for how long they are to look abandoned. Default an hour: the next reclaim pass of any consumer takes
   * them.
   */
  async release(stream: string, sorted: readonly PendingEntry[], idleMs = 3_600_000): Promise<void> {
    for (let start = 0; start < sorted.length; start += releasedPerCall) {
      const some = sorted.slice(start, start + releasedPerCall)
      await this.#function(
        'gh_release',
        [stream],
        idleMs,
        ...some.flatMap(({ id, deliveries }) => [id, Math.max(0, deliveries)]),
      )
    }
  }

  async beat(): Promise<void> {
    await this.link.run((redis) =>
      redis.set(this.keys.alive(this.group, this.consumer), '1', 'PX', aliveForMs),
    )
  }

  async endBeat(): Promise<void> {
    await this.link.run((redis) => redis.del(this.keys.alive(this.group, this.consumer)))
  }

  /** Takes this consumer out of the groups where it holds nothing. */
  async retire(): Promise<void> {
    for (const stream of this.streams) await this.#retire(stream, this.consumer)
  }

  /** Takes out the consumers that neither live nor hold anything. @returns their names. */
  async retireDead(): Promise<string[]> {
    const retired: string[] = []
    for (const stream of this.streams) {
      const rows = await this.#call<(string | number)[][]>('XINFO', 'CONSUMERS', stream, this.group)
      for (const row of rows) {
        const about = fieldsOf(row.map(String))
        const name = about['name']
        if (!name || name === this.consumer || about['pending'] !== '0') continue
        if (await this.link.run((redis) => redis.exists(this.keys.alive(this.group, name)))) continue
        if (await this.#retire(stream, name)) retired.push(name)
      }
    }
    return retired
  }

  async #retire(stream: string, consumer: string): Promise<boolean> {
    return (await this.#call<number>('FCALL', 'gh_retire', 1, stream, this.group, consumer)) === 1
  }

  #function<T>(name: string, keys: string[], ...rest: (string | number)[]): Promise<T> {
    return this.#call<T>('FCALL', name, keys.length, ...keys, this.group, this.consumer, ...rest)
  }

  #call<T>(command: string, ...rest: (string | number)[]): Promise<T> {
    return this.link.call<T>(command, rest)
  }
}
