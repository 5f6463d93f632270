import {
  causedBy,
  createEnvelope,
  type EventHeader,
  type ReceivedMessage,
  TerminalError,
  type Topology,
} from '@guildhall/contracts'
import type { Span } from '@opentelemetry/api'
import { v5 as uuidV5 } from 'uuid'
import { deadLetterError } from './dead.letter.js'
import { type AfterFailure, afterFailure, isCrashLoop } from './delivery.policy.js'
import type { HeldEntry } from './held.entry.js'
import { readPayload, readStamped, type StampedMessage } from './message.reading.js'
import { inProcessSpan, recordFailure } from './message.spans.js'
import type { StreamConsumer } from './stream.consumer.js'
import type { StreamPublisher } from './stream.publisher.js'
import type { StreamsLogger } from './streams.logger.js'

/** How one try of a message ended. */
export interface SettledEvent {
  /** `unreadable` when the entry could not be read. */
  type: string
  outcome: 'handled' | 'refused' | 'dead-lettered' | 'retried' | 'lost'
  attempt: number
  durationMs: number
}

interface MessageDeliveryOptions {
  service: string
  topology: Topology
  stream: string
  consumer: StreamConsumer
  publisher: Pick<StreamPublisher, 'publish'>
  maxDeliveries: number
  logger: StreamsLogger
  onSettled: ((event: SettledEvent) => void) | undefined
  /** Runs the handler of a type; undefined when there is none. */
  handlerOf: (type: string) => ((payload: unknown, message: ReceivedMessage) => Promise<unknown>) | undefined
}

/** One try: what it came to, and after how long to try again when that is what it came to. */
interface Tried {
  outcome: SettledEvent['outcome']
  retryAfterMs?: number
}

const outagesPerWarning = 20
const replyNamespace = '0d8f3f57-3a86-5c0b-9a59-6d1f6d3f9b52'

/** Brings single messages to their handlers, and each of them to an end. */
export class MessageDelivery {
  constructor(private readonly options: MessageDeliveryOptions) {}

  /** Tries until the entry is settled, lost or handed back. Never rejects. */
  async deliver(entry: HeldEntry): Promise<void> {
    const { consumer, logger } = this.options
    try {
      for (;;) {
        const { retryAfterMs } = await consumer.whileRunning([entry], () => this.#try(entry))
        if (retryAfterMs === undefined || !(await consumer.park(entry, retryAfterMs))) return
      }
    } catch (error) {
      // Not renewed any more, it is taken over and tried again.
      consumer.forget([entry])
      logger.error({ err: error, entryId: entry.id }, 'A delivery broke off')
    }
  }

  async #try(entry: HeldEntry): Promise<Tried> {
    const startedAt = performance.now()
    const attempt = entry.beginAttempt()
    let type = 'unreadable'
    let tried: Tried
    try {
      const message = readStamped(entry.fields)
      type = message.header.type
      tried = await inProcessSpan(message.header, this.options.stream, (span) =>
        this.#tryReadable(message, entry, attempt, span),
      )
    } catch (error) {
      tried = await this.#afterFailure(error, entry, undefined, attempt)
    }
    this.options.onSettled?.({
      type,
      outcome: tried.outcome,
      attempt,
      durationMs: performance.now() - startedAt,
    })
    return tried
  }

  async #tryReadable(message: StampedMessage, entry: HeldEntry, attempt: number, span: Span): Promise<Tried> {
    try {
      await this.#handle(message, entry, attempt)
    } catch (error) {
      recordFailure(span, error)
      return this.#afterFailure(error, entry, message.header, attempt)
    }
    return this.#settle(entry, 'handled')
  }

  async #handle({ header, data, stamp }: StampedMessage, entry: HeldEntry, attempt: number): Promise<void> {
    const { service, handlerOf, maxDeliveries } = this.options
    if (isCrashLoop(entry.deliveries, maxDeliveries))
      throw new TerminalError('crash-loop', `Given up: ${maxDeliveries} deliveries ended without an outcome`)
    const handler = handlerOf(header.type)
    if (!handler) throw new TerminalError('unknown-type', `${service} has no handler for ${header.type}`)
    const payload = readPayload(data)
    const result = await handler(payload, { header, stamp, entryId: entry.id, attempt, signal: entry.signal })
    const reply = this.options.topology.find(header.type)?.reply
    if (reply && header.replyto && result !== undefined) await this.#say(reply, result as object, header)
  }

  async #afterFailure(
    error: unknown,
    entry: HeldEntry,
    header: EventHeader | undefined,
    attempt: number,
  ): Promise<Tried> {
    const { maxDeliveries, logger } = this.options
    if (entry.signal.aborted) return { outcome: 'lost' }
    const about = { err: error, type: header?.type, messageId: header?.id, attempt }
    const { outages } = entry
    const next = afterFailure(error, { attempt, outages, maxDeliveries })
    if (next.kind === 'retry') return this.#retry(entry, next, about)
    const isRefusal = next.kind === 'refuse' && header?.replyto !== undefined
    try {
      if (header?.replyto) await this.#tellRequester(header, next)
    } catch (unsaid) {
      const later = afterFailure(unsaid, { attempt: outages + 1, outages, maxDeliveries: Infinity })
      if (later.kind === 'retry')
        return this.#retry(entry, { ...later, counts: false }, { ...about, err: unsaid })
    }
    if (isRefusal) return this.#settle(entry, 'refused')
    const { code, message } = next
    logger.error({ ...about, code }, 'A message goes to the dead letters')
    const { service } = this.options
    const dead = deadLetterError(entry, { code, message, attempts: attempt, service })
    return this.#settle(entry, 'dead-lettered', dead)
  }

  #retry(entry: HeldEntry, next: { afterMs: number; counts: boolean }, about: object): Tried {
    if (next.counts) entry.outages = 0
    else entry.excuseAttempt()
    // In an outage everything in flight says so every few seconds.
    const isRepetition = entry.outages > 0 && entry.outages % outagesPerWarning !== 1
    const level = isRepetition ? 'debug' : 'warn'
    this.options.logger[level]({ ...about, retryAfterMs: next.afterMs }, 'A message is tried again later')
    return { outcome: 'retried', retryAfterMs: next.afterMs }
  }

  async #settle(entry: HeldEntry, outcome: SettledEvent['outcome'], dead?: string): Promise<Tried> {
    return { outcome: (await this.options.consumer.settle(entry, dead)) ? outcome : 'lost' }
  }

  async #tellRequester(
    header: EventHeader,
    outcome: Exclude<AfterFailure, { kind: 'retry' }>,
  ): Promise<void> {
    if (outcome.kind === 'refuse') {
      const { code, message, retryable } = outcome
      await this.#say('request.refused', { code, message, retryable, requestType: header.type }, header)
    } else if (this.options.topology.find(header.type)?.reply) {
      // What went wrong inside is for operators, who find it beside the dead letter.
      const message = 'The request could not be handled; ask an operator to look at the dead letters'
      const refused = { code: 'internal', message, retryable: false, requestType: header.type }
      await this.#say('request.refused', refused, header)
    }
  }

  #say(type: string, payload: object, request: EventHeader): Promise<void> {
    // The same request is always answered under the same message id, so that a repeated answer is known as one.
    const id = uuidV5(`${request.id}\n${type}`, replyNamespace)
    const origin = { ...causedBy(request), correlationid: request.id }
    const source = `/services/${this.options.service}`
    return this.options.publisher.publish([createEnvelope(type, payload, source, origin, id)])
  }
}
