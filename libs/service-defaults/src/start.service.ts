import 'reflect-metadata'
import { Module, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { ServiceName } from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import {
  ContinuityWatch,
  RedisStreamsServer,
  StreamPublisher,
  StreamRequester,
} from '@guildhall/redis-streams'
import { ErrorPassingFilter } from './error.filter.js'
import { Health } from './health.js'
import { HttpServer } from './http.server.js'
import { Metrics } from './metrics.js'
import { readPayload } from './payload.reading.js'
import { readServiceConfig, type ServiceConfig } from './service.config.js'
import { createLogger, nestLogger, type ServiceLog } from './service.logger.js'
import { ServiceIdentity, ServiceModule, type ServiceResources, StreamsSettings } from './service.module.js'
import { runShutdownHooks } from './shutdown.hooks.js'

export interface ServiceOptions {
  name: ServiceName
  module: Type
  /** The service's tables; none by default. */
  entities?: (abstract new () => object)[]
  /** How many messages are handled at once. Default 16. */
  concurrency?: number
}

/**
 * Starts a service: configuration, logs, metrics, health, database, outbox, transport. Stops on SIGTERM and SIGINT:
 * stops reading, drains, publishes what is committed, closes. A failed start is logged with its reason and exits 1.
 */
export async function startService(options: ServiceOptions): Promise<void> {
  const config = readServiceConfig(options.name)
  const log = createLogger(config.name, config.instance, config.logLevel)
  try {
    await run(options, config, log)
  } catch (error) {
    log.fatal({ err: error }, `cannot start: ${(error as Error).message}`)
    await runShutdownHooks()
    process.exit(1)
  }
}

async function run(options: ServiceOptions, config: ServiceConfig, log: ServiceLog): Promise<void> {
  const metrics = new Metrics(config.name)
  const health = new Health()
  let listening = false
  health.check('listening', () => {
    if (!listening) throw new Error('the service is starting or stopping')
  })
  const http = await HttpServer.listen({ ...config.http, health, metrics })

  const publisher = new StreamPublisher({
    connection: config.redis,
    shards: config.shards,
    service: config.name,
  })
  const database = await Database.open({
    service: config.name,
    ...config.mysql,
    entities: options.entities ?? [],
    publisher,
    logger: log,
  })
  health.check('mysql', async () => {
    await database.manager.query('SELECT 1')
  })

  const continuity = new ContinuityWatch({
    connection: config.redis,
    shards: config.shards,
    service: config.name,
    logger: log,
    clock: () => database.nowMs(),
    onLoss: async (sinceMs) => {
      const messages = await database.republishSince(sinceMs)
      log.info({ messages }, 'messages are handed over to be said again')
    },
  })

  const resources: ServiceResources = {
    identity: new ServiceIdentity(config.name, config.instance),
    streams: new StreamsSettings(config.redis, config.shards),
    logger: log,
    metrics,
    health,
    publisher,
    requester: new StreamRequester({
      service: config.name,
      connection: config.redis,
      shards: config.shards,
      publisher,
      readPayload,
      logger: log,
    }),
    database,
    continuity,
  }
  const app = await NestFactory.createMicroservice(rootModule(options.module, resources), {
    strategy: createServer(options, config, publisher, metrics, log),
    logger: nestLogger(log),
    abortOnError: false,
  })
  app.useGlobalFilters(new ErrorPassingFilter())

  stopOnSignals(log, async () => {
    listening = false
    await app.close()
    await http.close()
    await runShutdownHooks()
  })
  await app.listen()
  database.startSweeper()
  continuity.start()
  listening = true
  log.info({ port: http.port }, `${config.name} listens`)
}

function rootModule(module: Type, resources: ServiceResources): Type {
  @Module({ imports: [ServiceModule.with(resources), module] })
  class RootModule {}
  return RootModule
}

function createServer(
  options: ServiceOptions,
  config: ServiceConfig,
  publisher: StreamPublisher,
  metrics: Metrics,
  log: ServiceLog,
): RedisStreamsServer {
  const settled = metrics.counter('guildhall_messages_total', 'Messages settled, by type and outcome', [
    'type',
    'outcome',
  ])
  const seconds = metrics.histogram('guildhall_message_seconds', 'Time in the handler', ['type'])
  const stalls = metrics.histogram(
    'guildhall_event_loop_stall_seconds',
    'Time for which the event loop stood still',
  )
  return new RedisStreamsServer({
    service: config.name,
    instance: config.instance,
    connection: config.redis,
    shards: config.shards,
    publisher,
    readPayload,
    logger: log,
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    onSettled: ({ type, outcome, durationMs }) => {
      settled.inc({ type, outcome })
      seconds.observe({ type }, durationMs / 1000)
    },
    onStall: (lagMs) => stalls.observe(lagMs / 1000),
  })
}

function stopOnSignals(log: ServiceLog, stop: () => Promise<void>): void {
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      log.info({ signal }, 'stopping: draining what is in flight')
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'stopping failed')
          process.exit(1)
        },
      )
    })
  }
}
