import type { EventHeader, Stamp } from '@guildhall/contracts'
import { backOffMs, pause, persistently } from './back-off.js'
import { fieldsOf } from './held.entry.js'
import { readHeader } from './message.reading.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { streamKeys } from './stream.keys.js'
import { UnavailableError } from './streams.errors.js'

/** The flat fields of an entry of the gateway stream; the router makes the header of them. */
export interface GatewayFields {
  /** Names the message's row in the topology. */
  type: string
  /** JSON text of the payload, an object; `{}` when it is empty. */
  data: string
  /** `Bearer <token>`: the client's credential. The router checks it and leaves it behind. */
  authorization: string
  /**
   * UUID of the message, the same on every repetition; its answer has it as `correlationid`.
   * @format uuid
   */
  id: string
  /**
   * The client's own name for what it wants once: a second `task.submit` with it finds the first task.
   * @maxLength 255
   */
  idempotencykey?: string
  /** W3C trace context, to see the message in the client's own trace; else the router begins one. */
  traceparent?: string
  /** W3C trace context: what tracing systems pass along. */
  tracestate?: string
  /**
   * RFC 3339: from then on the message is refused instead of carried.
   * @format date-time
   */
  expirytime?: string
}

/** What a client hears. A refusal by the router itself has no stamp. */
export interface ReplyEntry {
  entryId: string
  header: EventHeader
  /** JSON text of the payload. */
  data: string
  stamp?: Stamp
}

type RawRead = [stream: string, entries: [id: string, fields: string[]][]][] | null
type RawEntries = [id: string, fields: string[]][]

const blockMs = 2_000
const readCount = 100
const readBackOff = { firstMs: 50, factor: 2, capMs: 2_000 }

/** The two ends of a client: it speaks on the gateway stream and hears its own reply stream. */
export class ClientStreams {
  readonly #options: { connection: StreamsConnection; client: string }
  readonly #gateway: string
  readonly #reply: string
  readonly #link: RedisLink
  readonly #closing = new AbortController()

  constructor(options: { connection: StreamsConnection; shard: string; client: string }) {
    const keys = streamKeys(options.shard)
    this.#options = options
    this.#gateway = keys.gateway
    this.#reply = keys.reply(options.client)
    this.#link = new RedisLink(options.connection, `guildhall:client:${options.client}`)
  }

  /**
   * Puts a message on the gateway stream; resolves with its entry id. May be sent twice with the same fields.
   * @throws UnavailableError after some 4 s without Redis; BusyError when Redis takes no writes.
   */
  async send(fields: GatewayFields): Promise<string> {
    const flat = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .flat() as string[]
    return persistently(() =>
      this.#link.run((redis) => redis.call('XADD', this.#gateway, '*', ...flat) as Promise<string>),
    )
  }

  /** Id of the last entry of the reply stream, `0-0` when it is empty: from here on everything is news. */
  async position(): Promise<string> {
    const last = await persistently(() =>
      this.#link.run(
        (redis) => redis.call('XREVRANGE', this.#reply, '+', '-', 'COUNT', 1) as Promise<RawEntries>,
      ),
    )
    return last[0]?.[0] ?? '0-0'
  }

  /**
   * What the client hears, oldest first, on a connection of its own; goes on after Redis was away. Ends when the
   * signal is aborted, close() is called or the loop is left.
   * @param options fromId: the id after which to begin, default now.
   * @throws Error when Redis refuses (wrong password, no permission).
   */
  async *follow(options: { fromId?: string; signal?: AbortSignal } = {}): AsyncGenerator<ReplyEntry, void> {
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])])
    if (signal.aborted) return
    const link = new RedisLink(this.#options.connection, `guildhall:client:${this.#options.client}:follow`)
    const end = () => void link.close()
    signal.addEventListener('abort', end, { once: true })
    try {
      let after = options.fromId ?? (await this.position())
      for (let failures = 0; !signal.aborted;) {
        let read: RawRead
        try {
          read = await link.run(
            (redis) =>
              redis.call(
                'XREAD',
                'COUNT',
                readCount,
                'BLOCK',
                blockMs,
                'STREAMS',
                this.#reply,
                after,
              ) as Promise<RawRead>,
            // Redis answers after BLOCK at the latest, so silence beyond it means a dead link.
            blockMs + 1_000,
          )
          failures = 0
        } catch (error) {
          if (signal.aborted) return
          if (!(error instanceof UnavailableError)) throw error
          failures += 1
          await pause(backOffMs(failures, readBackOff), signal)
          continue
        }
        for (const [entryId, flat] of read?.[0]?.[1] ?? []) {
          if (signal.aborted) return
          after = entryId
          const reply = readReply(entryId, fieldsOf(flat))
          if (reply) yield reply
        }
      }
    } finally {
      signal.removeEventListener('abort', end)
      await link.close()
    }
  }

  /** Ends every follow() and disconnects. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#link.close()
  }
}

// Only the router writes here; an entry that cannot be read is of a later version and is passed over.
function readReply(entryId: string, fields: Record<string, string>): ReplyEntry | undefined {
  try {
    const stamp = fields['stamp'] ? { stamp: JSON.parse(fields['stamp']) as Stamp } : {}
    return { entryId, header: readHeader(fields), data: fields['data'] ?? '', ...stamp }
  } catch {
    return undefined
  }
}
