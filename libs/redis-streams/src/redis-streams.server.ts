import { topology as guildhall, type Topology } from '@guildhall/contracts'
import {
  type CustomTransportStrategy,
  type MessageHandler,
  type MsPattern,
  Server,
} from '@nestjs/microservices'
import { isObservable, lastValueFrom } from 'rxjs'
import { coverageComplaint } from './handler.coverage.js'
import type { HandlerCall, PayloadReader } from './handler.calls.js'
import { HandlerDeadlines } from './handler.deadlines.js'
import { type HandlerExtras } from './handles.decorator.js'
import { MessageDelivery } from './message.delivery.js'
import { PayloadStore } from './payload.store.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { startAll, stopAll } from './shard.parts.js'
import { SlotPool } from './slot.pool.js'
import { StreamConsumer } from './stream.consumer.js'
import { streamKeys } from './stream.keys.js'
import type { StreamPublisher } from './stream.publisher.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'
import type { SettledEvent } from './try.outcomes.js'

export interface RedisStreamsServerOptions {
  service: string
  /** Who is on the bus and what is said there. Default: Guildhall's own. */
  topology?: Topology
  /** Stable name of this process; two live processes of a service must never share one. */
  instance: string
  connection: StreamsConnection
  shards: readonly string[]
  /** Says the replies. The strategy does not close it. */
  publisher: Pick<StreamPublisher, 'publish'>
  /** Handlers at once, over all shards. Default 16. */
  concurrency?: number
  /** How long close() waits for running handlers. Default 10,000. */
  drainTimeoutMs?: number
  /** Tries of a message before it goes to the dead letters. Default 5. */
  maxDeliveries?: number
  /** After how long without a sign of life another process takes a message over. Default 6,000. */
  reclaimIdleMs?: number
  /** How long a handler may take before it is told to end by its signal, unless its decorator says so. Default 60,000. */
  handlerTimeoutMs?: number
  /** How long it may take from then on before the try counts as failed. Default 1,000. */
  handlerGraceMs?: number
  /**
   * Makes and checks each payload before its handler gets it. Absent: payloads of single messages are what the JSON
   * holds, for Nest's pipes to check; batch handlers need it, since pipes see only whole batches.
   */
  readPayload?: PayloadReader
  /** Message types that must have exactly one handler. Default: those the topology lets the service hear. */
  expected?: readonly string[]
  /** Absent: silent. */
  logger?: StreamsLogger
  /** Called after each try of a message; for metrics. */
  onSettled?: (event: SettledEvent) => void
  /** Gets how long the event loop stood still, when it was more than a second; for metrics. */
  onStall?: (lagMs: number) => void
}

interface HandlerDefaults {
  topology: Topology
  timeoutMs: number
  readPayload: PayloadReader | undefined
}

/**
 * The transport of a Nest microservice: hears `to:<service>`, runs the handlers, and settles each message by what its
 * handler did. A returned value is the reply where the topology names one; delivery.policy.ts says what errors do.
 */
export class RedisStreamsServer extends Server implements CustomTransportStrategy {
  // A failed handler must fail the delivery, not be logged and forgotten.
  override readonly propagatesEventHandlerErrors = true
  override readonly transportId = Symbol('redis-streams')
  readonly #consumers: readonly StreamConsumer[]
  readonly #payloadLinks: RedisLink[] = []
  readonly #service: string
  readonly #expected: readonly string[]
  readonly #defaults: HandlerDefaults
  readonly #calls = new Map<string, HandlerCall>()
  readonly #plainStart = this.onProcessingStartHook

  constructor(options: RedisStreamsServerOptions) {
    super()
    const { service, shards, concurrency = 16, topology = guildhall } = options
    const { handlerTimeoutMs = 60_000, readPayload } = options
    const { expected = topology.heardBy(service).map(({ type }) => type) } = options
    this.#service = service
    this.#expected = expected
    this.#defaults = { topology, timeoutMs: handlerTimeoutMs, readPayload }
    const slots = new SlotPool(concurrency)
    this.#consumers = shards.map((shard) => this.#consumerOf(shard, slots, options))
  }

  #consumerOf(shard: string, slots: SlotPool, options: RedisStreamsServerOptions): StreamConsumer {
    const { service, instance, connection, publisher, onSettled } = options
    const { drainTimeoutMs = 10_000, maxDeliveries = 5, reclaimIdleMs = 6_000 } = options
    const { topology = guildhall, logger = silentLogger, handlerGraceMs = 1_000, onStall } = options
    const keys = streamKeys(shard)
    const stream = keys.to(service)
    const consumer = new StreamConsumer({
      connection,
      shard,
      streams: [stream],
      group: service,
      consumer: instance,
      slots,
      drainTimeoutMs,
      reclaimIdleMs,
      logger,
      // One event loop, whatever the number of shards.
      ...(onStall && shard === options.shards[0] && { onStall }),
      onEntries: (entries) => {
        for (const entry of entries) void delivery.deliver(entry)
      },
    })
    const payloadLink = new RedisLink(connection, `guildhall:${service}:${instance}:payloads`, { shard })
    this.#payloadLinks.push(payloadLink)
    const delivery = new MessageDelivery({
      service,
      topology,
      stream,
      consumer,
      publisher,
      payloads: new PayloadStore(payloadLink, keys, service, topology),
      maxDeliveries,
      deadlines: new HandlerDeadlines(handlerGraceMs, logger),
      logger,
      onSettled,
      callOf: (type) => this.#callOf(type),
    })
    return consumer
  }

  /** @throws Error for a second handler of a pattern, and for event handlers: use `@Handles`. */
  override addHandler(
    pattern: MsPattern,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const type = this.normalizePattern(pattern)
    if (isEventHandler) throw new Error(`${type} has an event handler (@EventPattern): use @Handles instead`)
    if (this.messageHandlers.has(type)) throw new Error(`${type} has two handlers: remove one of them`)
    const { batchSize } = extras as HandlerExtras
    if (batchSize !== undefined && !this.#defaults.readPayload)
      throw new Error(
        `The batch handler of ${type} needs the option readPayload: pipes see only whole batches`,
      )
    super.addHandler(pattern, callback, isEventHandler, extras)
  }

  /** Calls back with an error when the handlers disagree with the topology, or Redis cannot be used. */
  override listen(callback: (error?: unknown) => void): void {
    const complaint = coverageComplaint(this.#service, [...this.messageHandlers.keys()], this.#expected)
    if (complaint) {
      callback(new Error(complaint))
      return
    }
    startAll(this.#consumers).then(
      () => callback(),
      (error: unknown) => callback(error),
    )
  }

  /** Stops reading, drains, leaves the rest to others. The publisher stays open for those who still need it. */
  override async close(): Promise<void> {
    await stopAll(this.#consumers)
    await Promise.all(this.#payloadLinks.map((link) => link.close()))
  }

  override on(): never {
    throw new Error('The streams transport has no events of its own: use onSettled')
  }

  /** The StreamConsumers, one of each shard. */
  override unwrap<T>(): T {
    return this.#consumers as T
  }

  #callOf(type: string): HandlerCall | undefined {
    const known = this.#calls.get(type)
    if (known) return known
    const handler = this.messageHandlers.get(type)
    if (!handler) return undefined
    const { topology, timeoutMs, readPayload } = this.#defaults
    const { batchSize, handlerTimeoutMs = timeoutMs } = (handler.extras ?? {}) as HandlerExtras
    const payload = topology.find(type)?.payload
    const call: HandlerCall = {
      run: (data, context) => this.#run(handler, data, context),
      timeoutMs: handlerTimeoutMs,
      batchSize,
      readPayload: payload && readPayload ? (value) => readPayload(payload, value) : (value) => value,
    }
    this.#calls.set(type, call)
    return call
  }

  #run(handler: MessageHandler, data: unknown, context: unknown): Promise<unknown> {
    if (this.onProcessingStartHook === this.#plainStart && !this.onProcessingEndHook)
      return resultOf(handler, data, context)
    return this.#runHooked(handler, data, context)
  }

  // The hooks of tracing tools run round the handler, but its outcome does not pass through them: a hook that drops
  // the promise of done() would make a failed handler look like a successful one.
  async #runHooked(handler: MessageHandler, data: unknown, context: unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.onProcessingStartHook(this.transportId, context as never, async () => {
      try {
        resolve(await resultOf(handler, data, context))
      } catch (error) {
        reject(error)
      } finally {
        this.onProcessingEndHook?.(this.transportId, context as never)
      }
    })
    return promise
  }
}

async function resultOf(handler: MessageHandler, data: unknown, context: unknown): Promise<unknown> {
  const result: unknown = await handler(data, context)
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result
}
