import { causedBy, createEnvelope, type EventHeader, nameBasedId, type Topology } from '@guildhall/contracts'
import { deadLetterError } from './dead.letter.js'
import { type AfterFailure, afterFailure } from './delivery.policy.js'
import type { HeldEntry } from './held.entry.js'
import type { StreamConsumer } from './stream.consumer.js'
import type { StreamPublisher } from './stream.publisher.js'
import type { StreamsLogger } from './streams.logger.js'

/** How one try of a message ended. */
export interface SettledEvent {
  /** `unreadable` when the entry could not be read. */
  type: string
  /** `expired`: its deadline had passed, and no handler ran. */
  outcome: 'handled' | 'refused' | 'expired' | 'dead-lettered' | 'retried' | 'lost'
  attempt: number
  durationMs: number
}

/** One try: what it came to, and after how long to try again when that is what it came to. */
export interface Tried {
  outcome: SettledEvent['outcome']
  retryAfterMs?: number
}

export interface TryOutcomesOptions {
  service: string
  topology: Topology
  consumer: StreamConsumer
  publisher: Pick<StreamPublisher, 'publish'>
  maxDeliveries: number
  logger: StreamsLogger
}

const outagesPerWarning = 20
const replyNamespace = '0d8f3f57-3a86-5c0b-9a59-6d1f6d3f9b52'

/** Draws the consequences of a try: answers the requester, and settles the entry or says when to try again. */
export class TryOutcomes {
  constructor(private readonly options: TryOutcomesOptions) {}

  /** @throws UnavailableError, BusyError when the reply could not be said: then the try has failed. */
  handled(entry: HeldEntry, header: EventHeader, result: unknown): Promise<Tried> {
    if (header.replyto !== undefined && result !== undefined) {
      const reply = this.options.topology.find(header.type)?.reply
      if (reply) return this.#replied(entry, header, reply, result as object)
    }
    return this.#settle(entry, 'handled')
  }

  async #replied(entry: HeldEntry, header: EventHeader, reply: string, result: object): Promise<Tried> {
    if (entry.isLost) return { outcome: 'lost' }
    await this.#say(reply, result, header)
    return this.#settle(entry, 'handled')
  }

  /** @param header absent: the entry could not be read. */
  async failed(error: unknown, entry: HeldEntry, header: EventHeader | undefined): Promise<Tried> {
    const { maxDeliveries, logger, service } = this.options
    if (entry.isLost) return { outcome: 'lost' }
    const { outages, attempt } = entry
    const about = { err: error, type: header?.type, messageId: header?.id, attempt }
    const next = afterFailure(error, { attempt, outages, maxDeliveries })
    if (next.kind === 'retry') return this.#retry(entry, next, about)
    const isRefusal = next.kind === 'refuse' && header?.replyto !== undefined
    if (header?.replyto !== undefined) {
      const unsaid = await this.#tellRequester(header, next, entry, about)
      if (unsaid) return unsaid
    }
    if (isRefusal) return this.#settle(entry, 'refused')
    const { code, message } = next
    logger.error({ ...about, code }, 'A message goes to the dead letters')
    const dead = deadLetterError(entry, { code, message, attempts: attempt, service })
    return this.#settle(entry, 'dead-lettered', dead)
  }

  /** The deadline of a message passed before its handler could begin. */
  async expired(entry: HeldEntry, header: EventHeader): Promise<Tried> {
    if (header.replyto !== undefined) {
      const about = { type: header.type, messageId: header.id, attempt: entry.attempt }
      const text = `The deadline of the message, ${header.expirytime}, passed before it could be handled`
      const refusal = { kind: 'refuse' as const, code: 'expired', message: text, retryable: true }
      const unsaid = await this.#tellRequester(header, refusal, entry, about)
      if (unsaid) return unsaid
    }
    return this.#settle(entry, 'expired')
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

  #settle(entry: HeldEntry, outcome: SettledEvent['outcome'], dead?: string): Promise<Tried> {
    return this.options.consumer
      .settle(entry, dead)
      .then((isSettled) => ({ outcome: isSettled ? outcome : 'lost' }))
  }

  /** @returns what the try came to when the requester could not be told for now. */
  async #tellRequester(
    header: EventHeader,
    outcome: Exclude<AfterFailure, { kind: 'retry' }>,
    entry: HeldEntry,
    about: object,
  ): Promise<Tried | undefined> {
    try {
      await this.#refuse(header, outcome)
    } catch (err) {
      const { outages } = entry
      const later = afterFailure(err, { attempt: outages + 1, outages, maxDeliveries: Infinity })
      if (later.kind === 'retry') return this.#retry(entry, { ...later, counts: false }, { ...about, err })
    }
    return undefined
  }

  async #refuse(header: EventHeader, outcome: Exclude<AfterFailure, { kind: 'retry' }>): Promise<void> {
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
    const id = nameBasedId(`${request.id}\n${type}`, replyNamespace)
    const origin = { ...causedBy(request), correlationid: request.id }
    const source = `/services/${this.options.service}`
    return this.options.publisher.publish([createEnvelope(type, payload, source, origin, id)])
  }
}
