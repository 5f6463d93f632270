import { type Envelope, topology as guildhall, type Topology } from '@guildhall/contracts'
import { trace } from '@opentelemetry/api'
import { backOffMs, pause } from './back-off.js'
import { inSendSpans } from './message.spans.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { PayloadStore } from './payload.store.js'
import { shardFor } from './shard.choice.js'
import { streamKeys } from './stream.keys.js'
import { UnavailableError } from './streams.errors.js'
import { TurnBatch } from './turn.batch.js'

const largestBatch = 200
const largestCallBytes = 512 * 1024
const tries = 6
const publishBackOff = { firstMs: 50, factor: 2.5, capMs: 1_500 }
const neverAborted = new AbortController().signal

interface StreamPublisherOptions {
  connection: StreamsConnection
  shards: readonly string[]
  service: string
  limit?: number
  topology?: Topology
}

/** A service's mouth: puts each message on `from:<service>` of its shard. */
export class StreamPublisher {
  readonly #shards: readonly string[]
  readonly #service: string
  readonly #mouths: ReadonlyMap<string, ShardMouth>

  /**
   * @param options limit: messages in the mouth of one shard at which it takes no more; default 100,000. topology: which
   * messages may have their payloads apart; default Guildhall's own.
   */
  constructor(options: StreamPublisherOptions) {
    const { shards, service } = options
    this.#shards = shards
    this.#service = service
    this.#mouths = new Map(shards.map((shard) => [shard, new ShardMouth(shard, options)]))
  }

  /**
   * Resolves when Redis has them all. A message may be added twice when an answer of Redis is lost: its id stays the
   * same, and receivers know it by that.
   * @throws UnavailableError after some 4 s without Redis; BusyError when the mouth is at its limit, or Redis takes no
   * writes. Messages of the same call may have been added.
   */
  async publish(envelopes: readonly Envelope[]): Promise<void> {
    const send = () => this.#add(envelopes)
    if (trace.getActiveSpan()?.isRecording()) await inSendSpans(envelopes, `from:${this.#service}`, send)
    else await send()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#mouths.values()].map((mouth) => mouth.close()))
  }

  #add(envelopes: readonly Envelope[]): Promise<unknown> {
    const [only] = envelopes
    if (only && envelopes.length === 1) return this.#mouthFor(only).add(only)
    return Promise.all(envelopes.map((envelope) => this.#mouthFor(envelope).add(envelope)))
  }

  #mouthFor({ header }: Envelope): ShardMouth {
    return this.#mouths.get(shardFor(header, this.#shards)) as ShardMouth
  }
}

/** The mouth in one shard: what is said within one turn of the event loop goes in one call. */
class ShardMouth {
  readonly #link: RedisLink
  readonly #stream: string
  readonly #limit: number
  readonly #payloads: PayloadStore
  readonly #batch = new TurnBatch<Envelope, void>((some) => this.#addAll(some), largestBatch)

  constructor(shard: string, options: StreamPublisherOptions) {
    const { connection, service, limit = 100_000, topology = guildhall } = options
    const keys = streamKeys(shard)
    this.#limit = limit
    this.#stream = keys.from(service)
    this.#link = new RedisLink(connection, `guildhall:${service}:publisher`, { shard })
    this.#payloads = new PayloadStore(this.#link, keys, service, topology)
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

  async #addSome(envelopes: readonly Envelope[]): Promise<(Error | undefined)[]> {
    if (!envelopes.some((envelope) => this.#payloads.isToLieApart(envelope))) return this.#addParts(envelopes)
    const prepared = await Promise.all(envelopes.map((envelope) => this.#putPayloadDown(envelope)))
    const answers = prepared.map((one) => (one instanceof Error ? one : undefined))
    const ready = prepared.flatMap((one, index) => (one instanceof Error ? [] : [{ envelope: one, index }]))
    const added = await this.#addParts(ready.map(({ envelope }) => envelope))
    ready.forEach(({ index }, position) => {
      answers[index] = added[position]
    })
    return answers
  }

  async #putPayloadDown(envelope: Envelope): Promise<Envelope | Error> {
    if (!this.#payloads.isToLieApart(envelope)) return envelope
    try {
      return await this.#payloads.put(envelope)
    } catch (error) {
      return error as Error
    }
  }

  async #addParts(envelopes: readonly Envelope[]): Promise<(Error | undefined)[]> {
    const answers = await Promise.all(
      split(envelopes).map((some) => this.#add(some).then((error) => some.map(() => error))),
    )
    return answers.flat()
  }

  /** Adds all of them or none. @returns why none, if so. */
  async #add(envelopes: readonly Envelope[]): Promise<Error | undefined> {
    const args: (string | number)[] = ['gh_publish', 1, this.#stream, this.#limit]
    for (const { header, data } of envelopes) args.push(JSON.stringify(header), data)
    try {
      await this.#link.call('FCALL', args)
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
