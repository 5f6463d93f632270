import type { Topology } from '@guildhall/contracts'
import type { Span } from '@opentelemetry/api'
import { BatchHandling } from './batch.handling.js'
import type { HandlerCall } from './handler.calls.js'
import type { HandlerDeadlines } from './handler.deadlines.js'
import type { HeldEntry } from './held.entry.js'
import { isExpired, openMessage } from './message.opening.js'
import { readOrFail, type StampedMessage } from './message.reading.js'
import type { PayloadStore } from './payload.store.js'
import { inProcessSpan, recordFailure } from './message.spans.js'
import type { StreamConsumer } from './stream.consumer.js'
import type { StreamPublisher } from './stream.publisher.js'
import type { StreamsLogger } from './streams.logger.js'
import { type SettledEvent, type Tried, TryOutcomes } from './try.outcomes.js'

export interface MessageDeliveryOptions {
  service: string
  topology: Topology
  stream: string
  consumer: StreamConsumer
  publisher: Pick<StreamPublisher, 'publish'>
  /** Where the payloads lie that are too large for their messages. */
  payloads: PayloadStore
  maxDeliveries: number
  deadlines: HandlerDeadlines
  logger: StreamsLogger
  onSettled: ((event: SettledEvent) => void) | undefined
  /** How messages of a type are handled; undefined when there is no handler. */
  callOf: (type: string) => HandlerCall | undefined
}

/** Brings messages to their handlers, and each of them to an end. */
export class MessageDelivery {
  readonly #outcomes: TryOutcomes
  readonly #batches = new Map<string, BatchHandling>()

  constructor(private readonly options: MessageDeliveryOptions) {
    this.#outcomes = new TryOutcomes(options)
  }

  // What every message goes through is written with few promises: each costs as much as some handlers do.

  /** Sees to it that the entry is settled, lost or handed back in the end. Never rejects. */
  async deliver(entry: HeldEntry): Promise<void> {
    const { consumer, logger, callOf, payloads, onSettled } = this.options
    try {
      const message = readOrFail(entry.fields)
      let call: HandlerCall | undefined
      if (!(message instanceof Error)) {
        entry.payloadKey = payloads.keyOf(message.header)
        call = callOf(message.header.type)
        if (call?.batchSize !== undefined) {
          this.#batchesOf(message.header.type, call).add(entry, message)
          return
        }
      }
      for (;;) {
        entry.isRunning = true
        const startedAt = performance.now()
        const attempt = entry.beginAttempt()
        let tried: Tried
        try {
          tried = await this.#try(entry, message, call)
          entry.running = undefined
        } finally {
          entry.isRunning = false
          if (consumer.stopping.aborted) await consumer.handBack([entry])
        }
        const { outcome, retryAfterMs } = tried
        const type = message instanceof Error ? 'unreadable' : message.header.type
        onSettled?.({ type, outcome, attempt, durationMs: performance.now() - startedAt })
        if (retryAfterMs === undefined || !(await consumer.park(entry, retryAfterMs))) return
      }
    } catch (error) {
      // Not renewed any more, it is taken over and tried again.
      consumer.forget([entry])
      logger.error({ err: error, entryId: entry.id }, 'A delivery broke off')
    }
  }

  #try(entry: HeldEntry, message: StampedMessage | Error, call: HandlerCall | undefined): Promise<Tried> {
    if (message instanceof Error) return this.#outcomes.failed(message, entry, undefined)
    return inProcessSpan(message.header, this.options.stream, (span) =>
      this.#tryReadable(entry, message, call, span),
    )
  }

  async #tryReadable(
    entry: HeldEntry,
    stamped: StampedMessage,
    call: HandlerCall | undefined,
    span: Span,
  ): Promise<Tried> {
    const { consumer, deadlines } = this.options
    const { header } = stamped
    try {
      if (consumer.isDoubtful(entry) && !(await consumer.isOurs(entry))) return { outcome: 'lost' }
      if (isExpired(header.expirytime, Date.now())) return await this.#outcomes.expired(entry, header)
      const whole = entry.payloadKey === undefined ? stamped : await this.options.payloads.fetch(stamped)
      const { call: found, payload, message } = openMessage(whole, entry, call, this.options)
      const work = found.run(payload, message)
      const abort = (reason: Error) => message.abort(reason)
      const result = await deadlines.watch(header.type, found.timeoutMs, abort, work)
      return await this.#outcomes.handled(entry, header, result)
    } catch (error) {
      recordFailure(span, error)
      return this.#outcomes.failed(error, entry, header)
    }
  }

  #batchesOf(type: string, call: HandlerCall): BatchHandling {
    let batches = this.#batches.get(type)
    if (!batches) {
      batches = new BatchHandling(call, this.#outcomes, this.options)
      this.#batches.set(type, batches)
    }
    return batches
  }
}
