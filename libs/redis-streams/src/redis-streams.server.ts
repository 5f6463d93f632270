import { type ReceivedMessage, topology as guildhall, type Topology } from '@guildhall/contracts'
import {
  type CustomTransportStrategy,
  type MessageHandler,
  type MsPattern,
  Server,
} from '@nestjs/microservices'
import { isObservable, lastValueFrom } from 'rxjs'
import { coverageComplaint } from './handler.coverage.js'
import { MessageDelivery, type SettledEvent } from './message.delivery.js'
import type { StreamsConnection } from './redis.link.js'
import { StreamConsumer } from './stream.consumer.js'
import { streamKeys } from './stream.keys.js'
import type { StreamPublisher } from './stream.publisher.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'

export interface RedisStreamsServerOptions {
  service: string
  /** Who is on the bus and what is said there. Default: Guildhall's own. */
  topology?: Topology
  /** Stable name of this process; two live processes of a service must never share one. */
  instance: string
  connection: StreamsConnection
  shard: string
  /** Says the replies. The strategy does not close it. */
  publisher: Pick<StreamPublisher, 'publish'>
  /** Handlers at once. Default 16. */
  concurrency?: number
  /** How long close() waits for running handlers. Default 10,000. */
  drainTimeoutMs?: number
  /** Tries of a message before it goes to the dead letters. Default 5. */
  maxDeliveries?: number
  /** After how long without a sign of life another process takes a message over. Default 6,000. */
  reclaimIdleMs?: number
  /** Message types that must have exactly one handler. Default: those the topology lets the service hear. */
  expected?: readonly string[]
  /** Absent: silent. */
  logger?: StreamsLogger
  /** Called after each try of a message; for metrics. */
  onSettled?: (event: SettledEvent) => void
}

/**
 * The transport of a Nest microservice: hears `to:<service>`, runs the handlers, and settles each message by what its
 * handler did. A returned value is the reply where the topology names one; delivery.policy.ts says what errors do.
 */
export class RedisStreamsServer extends Server implements CustomTransportStrategy {
  // A failed handler must fail the delivery, not be logged and forgotten.
  override readonly propagatesEventHandlerErrors = true
  override readonly transportId = Symbol('redis-streams')
  readonly #consumer: StreamConsumer
  readonly #service: string
  readonly #expected: readonly string[]

  constructor(options: RedisStreamsServerOptions) {
    super()
    const { service, instance, connection, shard, publisher, onSettled } = options
    const { concurrency = 16, drainTimeoutMs = 10_000, maxDeliveries = 5, reclaimIdleMs = 6_000 } = options
    const { topology = guildhall, logger = silentLogger } = options
    const { expected = topology.heardBy(service).map(({ type }) => type) } = options
    const keys = streamKeys(shard)
    const stream = keys.to(service)
    this.#service = service
    this.#expected = expected
    this.#consumer = new StreamConsumer({
      connection,
      streams: [stream],
      group: service,
      consumer: instance,
      deadLetter: keys.deadLetter(service),
      aliveKey: (consumer) => keys.alive(service, consumer),
      capacity: concurrency,
      drainTimeoutMs,
      reclaimIdleMs,
      logger,
      onEntries: (entries) => {
        for (const entry of entries) void delivery.deliver(entry)
      },
    })
    const delivery = new MessageDelivery({
      service,
      topology,
      stream,
      consumer: this.#consumer,
      publisher,
      maxDeliveries,
      logger,
      onSettled,
      handlerOf: (type) => {
        const handler = this.messageHandlers.get(type)
        return handler && ((payload, message) => this.#invoke(handler, payload, message))
      },
    })
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
    super.addHandler(pattern, callback, isEventHandler, extras)
  }

  /** Calls back with an error when the handlers disagree with the topology, or Redis cannot be used. */
  override listen(callback: (error?: unknown) => void): void {
    const complaint = coverageComplaint(this.#service, [...this.messageHandlers.keys()], this.#expected)
    if (complaint) {
      callback(new Error(complaint))
      return
    }
    this.#consumer.start().then(
      () => callback(),
      (error: unknown) => callback(error),
    )
  }

  /** Stops reading, drains, leaves the rest to others. The publisher stays open for those who still need it. */
  override async close(): Promise<void> {
    await this.#consumer.stop()
  }

  override on(): never {
    throw new Error('The streams transport has no events of its own: use onSettled')
  }

  /** The StreamConsumer. */
  override unwrap<T>(): T {
    return this.#consumer as T
  }

  // The hooks of tracing tools run round the handler, but its outcome does not pass through them: a hook that drops
  // the promise of done() would make a failed handler look like a successful one.
  async #invoke(handler: MessageHandler, payload: unknown, message: ReceivedMessage): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const context = message as never
    this.onProcessingStartHook(this.transportId, context, async () => {
      try {
        const result: unknown = await handler(payload, message)
        resolve(isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result)
      } catch (error) {
        reject(error)
      } finally {
        this.onProcessingEndHook?.(this.transportId, context)
      }
    })
    return promise
  }
}
