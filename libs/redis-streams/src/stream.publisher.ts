import type { Envelope } from '@guildhall/contracts'
import { trace } from '@opentelemetry/api'
import { backOffMs, pause } from './back-off.js'
import { inSendSpans } from './message.spans.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { shardFor } from './shard.choice.js'
import { streamKeys } from './stream.keys.js'
import { UnavailableError } from './streams.errors.js'
import { TurnBatch } from './turn.batch.js'

const largestBatch = 200
const largestCallBytes = 512 * 1024
const tries = 6
const publishBackOff = { firstMs: 50, factor: 2.5, capMs: 1_500 }
const neverAborted = new AbortController().signal

/** A service's mouth: puts each message on `from:<service>` of its shard. */
export class StreamPublisher {
  readonly #shards: readonly string[]
  readonly #service: string
  readonly #mouths: ReadonlyMap<string, ShardMouth>

  /** @param options limit: messages in the mouth of one shard at which it takes no more; default 100,000. */
  constructor(options: {
    connection: StreamsConnection
    shards: readonly string[]
    service: string
    limit?: number
  }) {
    const { connection, shards, service, limit = 100_000 } = options
    this.#shards = shards
    this.#service = service
    this.#mouths = new Map(shards.map((shard) => [shard, new ShardMouth(connection, shard, service, limit)]))
  }

  /**
   * Resolves when Redis has them all. A message may be added twice when an answer of Redis is lost: its id stays the
   * same, and receivers know it by that.
   * @throws UnavailableError after some 4 s without Redis; BusyError when the mouth is at its limit, or Redis takes no
   * writes. Messages of the same call may have been added.
   */
  async publish(envelopes: readonly Envelope[]): Promise<void> {
    const send = () => Promise.all(envelopes.map((envelope) => this.#mouthFor(envelope).add(envelope)))
    if (trace.getActiveSpan()?.isRecording()) await inSendSpans(envelopes, `from:${this.#service}`, send)
    else await send()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#mouths.values()].map((mouth) => mouth.close()))
  }

  #mouthFor({ header }: Envelope): ShardMouth {
    return this.#mouths.get(shardFor(header, this.#shards)) as ShardMouth
  }
}

/** The mouth in one shard: what is said within one turn of the event loop goes in one call. */
class ShardMouth {
  readonly #link: RedisLink
  readonly #stream: string
  readonly #batch = new TurnBatch<Envelope, void>((some) => this.#addAll(some), largestBatch)

  constructor(
    connection: StreamsConnection,
    shard: string,
    service: string,
    private readonly limit: number,
  ) {
    this.#stream = streamKeys(shard).from(service)
    this.#link = new RedisLink(connection, `guildhall:${service}:publisher`, { shard })
  }

  add(envelope: Envelope): Promise<void> {
    return this.#batch.add(envelope)
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  async #addAll(envelopes: Envelope[]): Promise<(void | Error)[]> {
    const answers = new Array<void | Error>(envelopes.length)
    let missing = envelopes.map((_, index) => index)
    for (let failures = 1; ; failures += 1) {
      const tried = await this.#addSome(missing.map((index) => envelopes[index] as Envelope))
      missing.forEach((index, position) => {
        answers[index] = tried[position]
      })
      missing = missing.filter((index) => answers[index] instanceof UnavailableError)
      if (missing.length === 0 || failures === tries) return answers
      await pause(backOffMs(failures, publishBackOff), neverAborted)
    }
  }

  async #addSome(envelopes: readonly Envelope[]): Promise<(void | Error)[]> {
    const answers = await Promise.all(
      split(envelopes).map((some) => this.#add(some).then((error) => some.map(() => error))),
    )
    return answers.flat()
  }

  /** Adds all of them or none. @returns why none, if so. */
  async #add(envelopes: readonly Envelope[]): Promise<Error | undefined> {
    const args: (string | number)[] = [this.#stream, this.limit]
    for (const { header, data } of envelopes) args.push(JSON.stringify(header), data)
    try {
      await this.#link.run((redis) => redis.call('FCALL', 'gh_publish', 1, ...args))
      return undefined
    } catch (error) {
      return error as Error
    }
  }
}

/** Parts that are short calls: one call blocks everybody else on the server. A larger message is a call of its own. */
function split(envelopes: readonly Envelope[]): Envelope[][] {
  const parts: Envelope[][] = []
  let bytes = Infinity
  for (const envelope of envelopes) {
    // As many bytes as characters, at least: near enough to keep calls short.
    const size = envelope.data.length
    if (bytes + size > largestCallBytes) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(envelope)
    bytes += size
  }
  return parts
}
