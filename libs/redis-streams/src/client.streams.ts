import type { EventHeader, Stamp } from '@guildhall/contracts'
import { ClientEnd } from './client.end.js'
import type { StreamsConnection } from './redis.link.js'
import { merged } from './merged.js'
import { ReplyPosition } from './reply.position.js'
import { shardFor } from './shard.choice.js'

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
  shard: string
  entryId: string
  header: EventHeader
  /** JSON text of the payload. */
  data: string
  stamp?: Stamp
}

/** The two ends of a client: it speaks on the gateway stream of a shard and hears its own reply stream in all of them. */
export class ClientStreams {
  readonly #shards: readonly string[]
  readonly #name: string
  readonly #ends: ReadonlyMap<string, ClientEnd>
  readonly #closing = new AbortController()

  /** @param options replyStream: name of the stream on which the client is answered. Default: the client's id. */
  constructor(options: {
    connection: StreamsConnection
    shards: readonly string[]
    client: string
    replyStream?: string
  }) {
    const { connection, shards, client, replyStream = client } = options
    this.#shards = shards
    this.#name = client
    this.#ends = new Map(
      shards.map((shard) => [shard, new ClientEnd(connection, shard, client, replyStream)]),
    )
  }

  /**
   * Puts a message on the gateway stream of the shard that its id names; resolves with its entry id. May be sent twice
   * with the same fields.
   * @throws UnavailableError after some 4 s without Redis; BusyError when Redis takes no writes.
   */
  send(fields: GatewayFields): Promise<string> {
    const flat = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .flat() as string[]
    return this.#endIn(shardFor({ id: fields.id }, this.#shards)).send(flat)
  }

  /** Where the reply streams end: from here on everything is news. See ReplyPosition. */
  async position(): Promise<string> {
    const ids = this.#shards.map(async (shard) => [shard, await this.#endIn(shard).lastId()] as const)
    return String(new ReplyPosition(await Promise.all(ids)))
  }

  /**
   * What the client hears, of each shard oldest first, on connections of their own; goes on after Redis was away. Ends
   * when the signal is aborted, close() is called or the loop is left.
   * @param options fromId: the position after which to begin, `0-0` for everything that is kept, default now.
   * @throws Error when Redis refuses (wrong password, no permission); RangeError for a position that is none.
   */
  async *follow(options: { fromId?: string; signal?: AbortSignal } = {}): AsyncGenerator<ReplyEntry, void> {
    const left = new AbortController()
    const signals = [this.#closing.signal, left.signal, ...(options.signal ? [options.signal] : [])]
    const signal = AbortSignal.any(signals)
    if (signal.aborted) return
    const from = ReplyPosition.parse(options.fromId ?? (await this.position()))
    try {
      yield* merged(
        this.#shards.map((shard) => this.#endIn(shard).follow(from.in(shard), this.#name, signal)),
      )
    } finally {
      left.abort()
    }
  }

  /** Ends every follow() and disconnects. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#ends.values()].map((end) => end.close()))
  }

  #endIn(shard: string): ClientEnd {
    return this.#ends.get(shard) as ClientEnd
  }
}
