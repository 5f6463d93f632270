import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { backOffMs, pause } from './back-off.js'
import {
  type Continuity,
  type ContinuityNote,
  isSameContinuity,
  lostSince,
  nextNote,
  readNote,
  writeNote,
} from './continuity.policy.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { type StreamKeys, streamKeys } from './stream.keys.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'

export interface ContinuityWatchOptions {
  connection: StreamsConnection
  shards: readonly string[]
  service: string
  /**
   * Says again what this service has said since a moment (milliseconds since 1970; 0: all that it has kept), under the
   * same ids. Called for one loss at a time; what is lost meanwhile makes one more call. Repeated until it resolves.
   */
  onLoss: (sinceMs: number) => Promise<void>
  /**
   * Milliseconds since 1970 by the clock that tells when messages were said, for the moments that `onLoss` gets.
   * Default: this process's clock.
   */
  clock?: () => number | Promise<number>
  /** Between two looks. Default 1,000. */
  everyMs?: number
  /** Absent: silent. */
  logger?: StreamsLogger
}

const repeatBackOff = { firstMs: 200, factor: 2, capMs: 5_000 }

/**
 * Watches whether Redis still is the one that acknowledged what this service said: a restart, a failover, a FLUSHALL or a
 * lost consumer group may have cost messages that only their senders can say again. See docs/decisions.
 */
export class ContinuityWatch {
  readonly #options: Required<ContinuityWatchOptions>
  readonly #stopping = new AbortController()
  #lostSince: number | undefined
  #repeating: Promise<void> = Promise.resolve()
  #isRepeating = false
  #running: Promise<unknown> = Promise.resolve()

  constructor(options: ContinuityWatchOptions) {
    this.#options = { everyMs: 1_000, clock: Date.now, logger: silentLogger, ...options }
  }

  start(): void {
    this.#running = Promise.all(this.#options.shards.map((shard) => this.#watch(shard)))
  }

  /** Resolves when the repetition under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.#repeating
  }

  async #watch(shard: string): Promise<void> {
    const { connection, service, everyMs, logger } = this.#options
    const { signal } = this.#stopping
    const link = new RedisLink(connection, `guildhall:${service}:continuity`, { shard })
    let known: ContinuityNote | undefined
    let saidAgainTo: Continuity | undefined
    let isFailing = false
    while (!signal.aborted) {
      try {
        const look = await this.#look(link, streamKeys(shard), known, saidAgainTo)
        isFailing = false
        if ('note' in look) known = look.note
        else {
          logger.warn(
            { shard, since: new Date(look.sinceMs).toISOString() },
            'Redis may have lost messages that it acknowledged; they are said again',
          )
          await this.#sayAgain(look.sinceMs)
          saidAgainTo = look.now
          // Noted only now: a process that dies before leaves the loss to the next one.
          continue
        }
      } catch (error) {
        if (!isFailing) logger.debug({ err: error, shard }, 'Redis could not be looked at; trying again')
        isFailing = true
      }
      await pause(everyMs, signal)
    }
    await link.close()
  }

  /** Writes the note when nothing is lost, or it is said again. On one connection: what is noted has been seen there. */
  async #look(
    link: RedisLink,
    keys: StreamKeys,
    known: ContinuityNote | undefined,
    saidAgainTo: Continuity | undefined,
  ): Promise<{ note: ContinuityNote } | { now: Continuity; sinceMs: number }> {
    const { service, clock } = this.#options
    // Before Redis is asked: what was said until then is told to Redis before the note is.
    const intactAtMs = await clock()
    return link.run(async (redis) => {
      const { now, noted } = await look(redis, keys, service)
      const found = readNote(noted)
      const isSaidAgain = saidAgainTo !== undefined && isSameContinuity(saidAgainTo, now)
      const sinceMs = isSaidAgain ? undefined : lostSince(known ?? found, found, now)
      if (sinceMs !== undefined) return { now, sinceMs }
      const note = nextNote(found, now, intactAtMs)
      await redis.set(keys.continuity(service), writeNote(note))
      return { note }
    })
  }

  #sayAgain(sinceMs: number): Promise<void> {
    this.#lostSince = Math.min(this.#lostSince ?? Infinity, sinceMs)
    if (!this.#isRepeating) {
      this.#isRepeating = true
      this.#repeating = this.#repeat().finally(() => {
        this.#isRepeating = false
      })
    }
    return this.#repeating
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; this.#lostSince !== undefined && !signal.aborted;) {
      const sinceMs = this.#lostSince
      this.#lostSince = undefined
      try {
        await this.#options.onLoss(sinceMs)
        failures = 0
      } catch (error) {
        failures += 1
        this.#lostSince = Math.min(this.#lostSince ?? Infinity, sinceMs)
        if (failures % 10 === 1)
          this.#options.logger.warn(
            { err: error, failures },
            'Messages could not be said again; trying again',
          )
        await pause(backOffMs(failures, repeatBackOff), signal)
      }
    }
  }
}

async function look(
  redis: Redis,
  keys: StreamKeys,
  service: string,
): Promise<{ now: Continuity; noted: string | null }> {
  const [info, found, noted] = await Promise.all([
    redis.info('server', 'replication'),
    redis.get(keys.epoch),
    redis.get(keys.continuity(service)),
  ])
  let epoch = found
  if (epoch === null) {
    await redis.set(keys.epoch, randomUUID(), 'NX')
    epoch = await redis.get(keys.epoch)
  }
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? ''
  const now = { runId: field('run_id'), replicationId: field('master_replid'), epoch: epoch ?? '' }
  return { now, noted }
}
