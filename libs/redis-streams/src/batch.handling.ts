import { OutageError } from '@guildhall/contracts'
import { BatchDelivery } from './batch.delivery.js'
import type { BatchMessage, HandlerCall, Outcome } from './handler.calls.js'
import type { HeldEntry } from './held.entry.js'
import type { MessageDeliveryOptions } from './message.delivery.js'
import { isExpired, openMessage } from './message.opening.js'
import type { StampedMessage } from './message.reading.js'
import { inBatchSpan, inProcessSpan, inTraceOf } from './message.spans.js'
import type { MessageTry } from './message.try.js'
import type { Tried, TryOutcomes } from './try.outcomes.js'

/** A message of a batch that has been begun. */
interface Begun {
  entry: HeldEntry
  payload: unknown
  message: MessageTry
  startedAt: number
}

/**
 * Hands the messages of one type to a handler that takes many at once: what comes in while a call is under way makes up
 * the next one. When a call fails as a whole, each of its messages is tried alone, and counts its own attempts.
 */
export class BatchHandling {
  readonly #batches: BatchDelivery
  readonly #stamped = new WeakMap<HeldEntry, StampedMessage>()
  /** Those that failed alone after a call that failed as a whole: they would make the next one fail too. */
  readonly #alone = new WeakSet<HeldEntry>()

  constructor(
    private readonly call: HandlerCall,
    private readonly outcomes: TryOutcomes,
    private readonly options: MessageDeliveryOptions,
  ) {
    this.#batches = new BatchDelivery(
      () => options.consumer,
      call.batchSize ?? 1,
      (batch) => this.#deliver(batch),
    )
  }

  add(entry: HeldEntry, stamped: StampedMessage): void {
    this.#stamped.set(entry, stamped)
    this.#batches.add([entry])
  }

  async #deliver(batch: readonly HeldEntry[]): Promise<void> {
    try {
      const begun: Begun[] = []
      for (const entry of batch) {
        const one = await this.#begin(entry)
        if (one) begun.push(one)
      }
      if (begun.length > 0) await this.#run(begun)
    } catch (error) {
      // Not renewed any more, they are taken over and tried again.
      this.options.consumer.forget(batch)
      this.options.logger.error({ err: error, entries: batch.length }, 'The delivery of a batch broke off')
    }
  }

  async #begin(entry: HeldEntry): Promise<Begun | undefined> {
    const stamped = this.#stamped.get(entry) as StampedMessage
    const { header } = stamped
    const startedAt = performance.now()
    const attempt = entry.beginAttempt()
    try {
      const { consumer } = this.options
      if (consumer.isDoubtful(entry) && !(await consumer.isOurs(entry))) {
        this.#conclude(entry, header.type, attempt, startedAt, { outcome: 'lost' })
      } else if (isExpired(header.expirytime, Date.now())) {
        const tried = await inTraceOf(header, () => this.outcomes.expired(entry, header))
        this.#conclude(entry, header.type, attempt, startedAt, tried)
      } else {
        const whole = entry.payloadKey === undefined ? stamped : await this.options.payloads.fetch(stamped)
        const { payload, message } = openMessage(whole, entry, this.call, this.options)
        return { entry, payload, message, startedAt }
      }
    } catch (error) {
      const tried = await inTraceOf(header, () => this.outcomes.failed(error, entry, header))
      this.#conclude(entry, header.type, attempt, startedAt, tried)
    }
    return undefined
  }

  async #run(begun: readonly Begun[]): Promise<void> {
    let results: readonly Outcome[]
    try {
      results = await this.#callHandler(begun)
    } catch (error) {
      if (begun.length > 1 && !(error instanceof OutageError)) {
        await this.#runAlone(begun, error)
        return
      }
      results = begun.map(() => error as Error)
      // It would make the next call fail as a whole.
      if (begun.length === 1) this.#alone.add((begun[0] as Begun).entry)
    }
    await Promise.all(begun.map((one, index) => this.#end(one, results[index])))
  }

  async #callHandler(begun: readonly Begun[]): Promise<readonly Outcome[]> {
    const { deadlines, stream } = this.options
    const [first] = begun as [Begun]
    const { type } = first.message.header
    const batch = begun.map(({ payload, message }) => ({ payload, message }) as BatchMessage)
    const messages = begun.map(({ message }) => message)
    const abort = (reason: Error) => {
      for (const message of messages) message.abort(reason)
    }
    const work = () => deadlines.watch(type, this.call.timeoutMs, abort, this.call.run(batch, messages))
    const results =
      begun.length === 1
        ? await inProcessSpan(first.message.header, stream, work)
        : await inBatchSpan(
            messages.map(({ header }) => header),
            stream,
            work,
          )
    if (results === undefined) return begun.map(() => undefined)
    if (!Array.isArray(results) || results.length !== begun.length)
      throw new TypeError(
        `The handler of ${type} must return one outcome for each of its ${begun.length} messages, or nothing`,
      )
    return results as Outcome[]
  }

  async #runAlone(begun: readonly Begun[], error: unknown): Promise<void> {
    const { type } = (begun[0] as Begun).message.header
    this.options.logger.warn(
      { err: error, type, messages: begun.length },
      'A batch failed as a whole; each of its messages is tried alone',
    )
    await Promise.all(
      begun.map(async ({ entry }) => {
        // The try was nobody's own.
        entry.takeBackAttempt()
        this.#alone.add(entry)
        await this.#deliver([entry])
      }),
    )
  }

  async #end({ entry, message, startedAt }: Begun, outcome: Outcome): Promise<void> {
    const { header } = message
    const tried = await inTraceOf(header, async () => {
      if (outcome instanceof Error) return this.outcomes.failed(outcome, entry, header)
      try {
        return await this.outcomes.handled(entry, header, outcome)
      } catch (unsaid) {
        return this.outcomes.failed(unsaid, entry, header)
      }
    })
    this.#conclude(entry, header.type, message.attempt, startedAt, tried)
  }

  #conclude(entry: HeldEntry, type: string, attempt: number, startedAt: number, tried: Tried): void {
    const { outcome, retryAfterMs } = tried
    entry.running = undefined
    const durationMs = performance.now() - startedAt
    this.options.onSettled?.({ type, outcome, attempt, durationMs })
    if (retryAfterMs !== undefined) void this.#tryLater(entry, retryAfterMs)
  }

  async #tryLater(entry: HeldEntry, ms: number): Promise<void> {
    const { consumer } = this.options
    if (!(await consumer.park(entry, ms))) return
    if (this.#alone.has(entry)) await consumer.whileRunning([entry], () => this.#deliver([entry]))
    else this.#batches.add([entry])
  }
}
