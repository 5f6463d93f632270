import {
  createEnvelope,
  type Envelope,
  type EventHeader,
  topology,
  type ReceivedMessage,
  type ServiceName,
  type Stamp,
} from '@guildhall/contracts'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { AuditReader, type AuditReaderOptions } from './audit.reader.js'
import { readRecorded, type RecordedMessage } from './audit.reading.js'
import { ClientStreams } from './client.streams.js'
import type { DeadLetterError } from './dead.letter.js'
import { fieldsOf } from './held.entry.js'
import type { HandlerExtras } from './handles.decorator.js'
import { RedisFixture, shard } from './redis.fixture.js'
import { RedisStreamsServer, type RedisStreamsServerOptions } from './redis-streams.server.js'
import type { IncomingEntry, RelayOptions } from './relay.options.js'
import type { RelayDecision } from './relay.batch.js'
import { Relay } from './router.relay.js'
import { streamKeys } from './stream.keys.js'
import { StreamPublisher } from './stream.publisher.js'
import type { StreamsLogger } from './streams.logger.js'

export type Handler = (payload: never, message: ReceivedMessage) => unknown

/** A message as a service says it. */
export function say(type: string, payload: object, from: ServiceName, replyto?: string): Envelope {
  return createEnvelope(type, payload, `/services/${from}`, { tenant: 'test', replyto })
}

/** A router that allows everything the topology has; what it does not have goes to the executor. */
export async function decideByTopology(entries: IncomingEntry[]): Promise<RelayDecision[]> {
  return entries.map(({ heardOn, fields }) => {
    const header =
      fields['event'] === undefined ? headerOf(fields) : (JSON.parse(fields['event']) as EventHeader)
    const listeners = topology.find(header.type)?.to ?? ['executor']
    const to = listeners.filter((name) => name !== 'client')
    const reply = listeners.includes('client') && header.replyto ? [header.replyto] : []
    const deliveredTo = [...to.map((name) => `to:${name}`), ...reply.map((name) => `reply:${name}`)]
    return {
      deliverTo: { to, reply },
      header,
      data: fields['data'] ?? '',
      stamp: stamp(heardOn, deliveredTo),
    }
  })
}

export function stamp(heardOn: string, deliveredTo: string[]): Stamp {
  const at = new Date().toISOString()
  return { verdict: 'allowed', at, router: 'test', policy: '1', heardOn, deliveredTo }
}

function headerOf(fields: Record<string, string>): EventHeader {
  return {
    ...say(fields['type'] ?? '', {}, 'router', 'anna').header,
    id: fields['id'] ?? '',
    source: '/clients/anna',
  }
}

/** A message bus of one test: what it starts, stop() stops. Ports and credentials are those of the services. */
export class Bus {
  readonly keys = streamKeys(shard)
  readonly logged: { level: string; message: string; details: object }[] = []
  readonly #stops: (() => Promise<unknown>)[] = []

  constructor(
    readonly redis: RedisFixture,
    readonly shards: readonly string[] = [shard],
  ) {}

  get logger(): StreamsLogger {
    const log = (level: string) => (details: object, message: string) =>
      void this.logged.push({ level, message, details })
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  }

  publisher(service: ServiceName): StreamPublisher {
    const publisher = new StreamPublisher({
      connection: this.redis.as(service),
      shards: this.shards,
      service,
    })
    this.#stops.push(() => publisher.close())
    return publisher
  }

  client(client: string): ClientStreams {
    const streams = new ClientStreams({ connection: this.redis.as('client'), shards: this.shards, client })
    this.#stops.push(() => streams.close())
    return streams
  }

  async relay(options: Partial<RelayOptions> = {}): Promise<Relay> {
    const relay = new Relay({
      connection: this.redis.as('router'),
      shards: this.shards,
      instance: 'router-1',
      decide: decideByTopology,
      drainTimeoutMs: 2_000,
      logger: this.logger,
      ...options,
    })
    await relay.start()
    this.#stops.push(() => relay.stop())
    return relay
  }

  async server(
    service: ServiceName,
    handlers: Record<string, Handler>,
    options: Partial<RedisStreamsServerOptions> & { extras?: Record<string, HandlerExtras> } = {},
  ): Promise<RedisStreamsServer> {
    const server = new RedisStreamsServer({
      service,
      instance: `${service}-1`,
      connection: this.redis.as(service),
      shards: this.shards,
      publisher: options.publisher ?? this.publisher(service),
      expected: Object.keys(handlers),
      drainTimeoutMs: 2_000,
      logger: this.logger,
      ...options,
    })
    for (const [type, handler] of Object.entries(handlers))
      server.addHandler(type, handler as never, false, { ...options.extras?.[type] })
    const listening = Promise.withResolvers<void>()
    server.listen((error) => (error ? listening.reject(error) : listening.resolve()))
    await listening.promise
    this.#stops.push(() => server.close())
    return server
  }

  async audit(
    handle: AuditReaderOptions['handle'],
    options: Partial<AuditReaderOptions> = {},
  ): Promise<AuditReader> {
    const reader = new AuditReader({
      connection: this.redis.as('audit'),
      shards: this.shards,
      instance: 'audit-1',
      handle,
      drainTimeoutMs: 2_000,
      logger: this.logger,
      ...options,
    })
    await reader.start()
    this.#stops.push(() => reader.stop())
    return reader
  }

  /** Puts messages where the router would put them. */
  async deliver(service: ServiceName, ...envelopes: Envelope[]): Promise<void> {
    for (const { header, data } of envelopes) {
      const fields = {
        event: JSON.stringify(header),
        data,
        stamp: JSON.stringify(stamp('gateway', [`to:${service}`])),
      }
      await this.redis.admin.xadd(this.keys.to(service), '*', ...Object.entries(fields).flat())
    }
  }

  /** The messages in the audit, oldest first. */
  async recorded(shard = this.shards[0] as string): Promise<RecordedMessage[]> {
    const entries = await this.redis.admin.xrange(streamKeys(shard).audit, '-', '+')
    return entries.flatMap(([, flat]) => readRecorded(flat))
  }

  async deadLetters(
    service: ServiceName,
  ): Promise<{ fields: Record<string, string>; error: DeadLetterError }[]> {
    const entries = await this.redis.admin.xrange(this.keys.deadLetter(service), '-', '+')
    return entries.map(([, flat]) => {
      const fields = fieldsOf(flat)
      return { fields, error: JSON.parse(fields['error'] ?? '') as DeadLetterError }
    })
  }

  /** Whether nothing waits for a service any more. */
  async isSettled(service: ServiceName): Promise<boolean> {
    return (await this.redis.admin.xlen(this.keys.to(service))) === 0
  }

  /** Stops everything, the newest first. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop()
  }
}

/** A Redis for the whole file; before each test `each` gets it empty, with a new bus on it that is stopped afterwards. */
export function useBus(
  each: (bus: Bus, redis: RedisFixture) => void,
  shards: readonly string[] = [shard],
): void {
  let redis: RedisFixture
  let bus: Bus
  beforeAll(async () => {
    redis = await RedisFixture.start(shards)
  })
  afterAll(() => redis.stop())
  beforeEach(() => {
    bus = new Bus(redis, shards)
    each(bus, redis)
  })
  afterEach(async () => {
    await bus.stop()
    await redis.admin.flushall()
  })
}
