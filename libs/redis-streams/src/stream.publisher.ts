import type { Envelope } from '@guildhall/contracts'
import { trace } from '@opentelemetry/api'
import { backOffMs, pause } from './back-off.js'
import { inSendSpans } from './message.spans.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { streamKeys } from './stream.keys.js'
import { streamsError, UnavailableError } from './streams.errors.js'
import { TurnBatch } from './turn.batch.js'

const largestBatch = 200
const tries = 6
const publishBackOff = { firstMs: 50, factor: 2.5, capMs: 1_500 }
const neverAborted = new AbortController().signal

/** A service's mouth: puts messages on `from:<service>`. */
export class StreamPublisher {
  readonly #link: RedisLink
  readonly #stream: string
  readonly #batch = new TurnBatch<Envelope, void>((some) => this.#addAll(some), largestBatch)

  constructor(options: { connection: StreamsConnection; shard: string; service: string }) {
    this.#stream = streamKeys(options.shard).from(options.service)
    this.#link = new RedisLink(options.connection, `guildhall:${options.service}:publisher`)
  }

  /**
   * Resolves when Redis has them all. A message may be added twice when an answer of Redis is lost: its id stays the
   * same, and receivers know it by that.
   * @throws UnavailableError after some 4 s without Redis; BusyError when Redis takes no writes. Messages of the same
   * call may have been added.
   */
  async publish(envelopes: readonly Envelope[]): Promise<void> {
    const send = () => Promise.all(envelopes.map((envelope) => this.#batch.add(envelope)))
    if (trace.getActiveSpan()?.isRecording()) await inSendSpans(envelopes, this.#stream, send)
    else await send()
  }

  async close(): Promise<void> {
    await this.#link.close()
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
    try {
      return await this.#link.run(async (redis) => {
        const pipeline = redis.pipeline()
        for (const { header, data } of envelopes)
          pipeline.xadd(this.#stream, '*', 'event', JSON.stringify(header), 'data', data)
        const results = (await pipeline.exec()) ?? []
        return envelopes.map((_, index) => {
          const error = results[index]?.[0]
          return error ? streamsError(error) : undefined
        })
      })
    } catch (error) {
      return envelopes.map(() => error as Error)
    }
  }
}
