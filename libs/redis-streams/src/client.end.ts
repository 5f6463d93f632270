import type { Stamp } from '@guildhall/contracts'
import { backOffMs, pause, persistently } from './back-off.js'
import type { ReplyEntry } from './client.streams.js'
import { fieldsOf } from './held.entry.js'
import { readHeader } from './message.reading.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { streamKeys } from './stream.keys.js'
import { streamsError, UnavailableError } from './streams.errors.js'
import { TurnBatch } from './turn.batch.js'

type RawEntries = [id: string, fields: string[]][]
type RawRead = [stream: string, entries: RawEntries][] | null

const blockMs = 2_000
const readCount = 100
const largestPipeline = 200
const readBackOff = { firstMs: 50, factor: 2, capMs: 2_000 }

/** The two ends of a client in one shard. */
export class ClientEnd {
  readonly #link: RedisLink
  readonly #gateway: string
  readonly #reply: string
  readonly #sending = new TurnBatch<readonly string[], string>((some) => this.#addAll(some), largestPipeline)

  constructor(
    private readonly connection: StreamsConnection,
    private readonly shard: string,
    client: string,
    replyStream: string,
  ) {
    const keys = streamKeys(shard)
    this.#gateway = keys.gateway
    this.#reply = keys.reply(replyStream)
    this.#link = new RedisLink(connection, `guildhall:client:${client}`, { shard })
  }

  send(flatFields: readonly string[]): Promise<string> {
    return persistently(() => this.#sending.add(flatFields))
  }

  /** Id of the last entry of the reply stream, `0-0` when it is empty. */
  async lastId(): Promise<string> {
    const last = await persistently(() =>
      this.#link.run(
        (redis) => redis.call('XREVRANGE', this.#reply, '+', '-', 'COUNT', 1) as Promise<RawEntries>,
      ),
    )
    return last[0]?.[0] ?? '0-0'
  }

  /** What the client hears after an entry, until the signal is aborted. */
  async *follow(afterId: string, client: string, signal: AbortSignal): AsyncGenerator<ReplyEntry, void> {
    const { shard } = this
    const link = new RedisLink(this.connection, `guildhall:client:${client}:follow`, { shard })
    const end = () => void link.close()
    signal.addEventListener('abort', end, { once: true })
    try {
      let after = afterId
      for (let failures = 0; !signal.aborted;) {
        let read: RawEntries
        try {
          read = await this.#read(link, after)
          failures = 0
        } catch (error) {
          if (signal.aborted) return
          if (!(error instanceof UnavailableError)) throw error
          failures += 1
          await pause(backOffMs(failures, readBackOff), signal)
          continue
        }
        for (const [entryId, flat] of read) {
          if (signal.aborted) return
          after = entryId
          const reply = readReply(shard, entryId, fieldsOf(flat))
          if (reply) yield reply
        }
      }
    } finally {
      signal.removeEventListener('abort', end)
      await link.close()
    }
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  /** What is sent within one turn of the event loop goes in one write. */
  #addAll(some: (readonly string[])[]): Promise<(string | Error)[]> {
    return this.#link.run(async (redis) => {
      const pipeline = redis.pipeline()
      for (const flat of some) pipeline.call('XADD', this.#gateway, '*', ...flat)
      const answers = ((await pipeline.exec()) ?? []).map(([error, id]) =>
        error ? streamsError(error) : (id as string),
      )
      // The connection is of no use any more then. All are sent again, under the same ids.
      const lost = answers.find((answer) => answer instanceof UnavailableError)
      if (lost) throw lost
      return answers
    })
  }

  async #read(link: RedisLink, after: string): Promise<RawEntries> {
    const read = await link.call<RawRead>(
      'XREAD',
      ['COUNT', readCount, 'BLOCK', blockMs, 'STREAMS', this.#reply, after],
      // Redis answers after BLOCK at the latest, so silence beyond it means a dead link.
      blockMs + 1_000,
    )
    return read?.[0]?.[1] ?? []
  }
}

// Only the router writes here; an entry that cannot be read is of a later version and is passed over.
function readReply(shard: string, entryId: string, fields: Record<string, string>): ReplyEntry | undefined {
  try {
    const stamp = fields['stamp'] ? { stamp: JSON.parse(fields['stamp']) as Stamp } : {}
    return { shard, entryId, header: readHeader(fields['event']), data: fields['data'] ?? '', ...stamp }
  } catch {
    return undefined
  }
}
