import { backOffMs, pause, persistently } from './back-off.js'
import { type EntryFields, fieldsOf } from './held.entry.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { streamKeys } from './stream.keys.js'
import type { StreamsLogger } from './streams.logger.js'

type RawEntries = [id: string, fields: string[]][]
type RawRead = [stream: string, entries: RawEntries][] | null

const blockMs = 2_000
const readCount = 100
const readBackOff = { firstMs: 50, factor: 2, capMs: 2_000 }

/** Reads what a service is answered on one shard, from the end of the stream on. No group: each instance hears all. */
export class AnswerReader {
  readonly #link: RedisLink
  readonly #stream: string
  readonly #closing = new AbortController()
  #begun: Promise<void> | undefined
  #after = '0-0'

  constructor(
    connection: StreamsConnection,
    shard: string,
    service: string,
    private readonly logger: StreamsLogger,
    private readonly onAnswer: (fields: EntryFields) => void,
  ) {
    this.#link = new RedisLink(connection, `guildhall:${service}:answers`, { shard })
    this.#stream = streamKeys(shard).answer(service)
  }

  /** Resolves when whatever comes from now on will be heard. @throws UnavailableError after some 4 s without Redis. */
  begin(): Promise<void> {
    this.#begun ??= this.#begin().catch((error: unknown) => {
      this.#begun = undefined
      throw error
    })
    return this.#begun
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#link.close()
  }

  async #begin(): Promise<void> {
    const last = await persistently(() =>
      this.#link.run(
        (redis) => redis.call('XREVRANGE', this.#stream, '+', '-', 'COUNT', 1) as Promise<RawEntries>,
      ),
    )
    this.#after = last[0]?.[0] ?? '0-0'
    void this.#readOn()
  }

  async #readOn(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted;) {
      try {
        for (const [id, flat] of await this.#read()) {
          this.#after = id
          this.onAnswer(fieldsOf(flat))
        }
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        if (failures % 20 === 1)
          this.logger.warn({ err: error, failures }, 'Reading answers failed; trying again')
        await pause(backOffMs(failures, readBackOff), signal)
      }
    }
  }

  async #read(): Promise<RawEntries> {
    const read = await this.#link.call<RawRead>(
      'XREAD',
      ['COUNT', readCount, 'BLOCK', blockMs, 'STREAMS', this.#stream, this.#after],
      // Redis answers after BLOCK at the latest, so silence beyond it means a dead link.
      blockMs + 1_000,
    )
    return read?.[0]?.[1] ?? []
  }
}
