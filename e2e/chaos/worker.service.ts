import type { ReceivedMessage, ServiceName } from '@guildhall/contracts'
import { Database, type Transaction } from '@guildhall/mysql'
import { ContinuityWatch, RedisStreamsServer, StreamPublisher } from '@guildhall/redis-streams'
import type { Load, Numbered, RoleOrders, RoleReport, RoleRequest } from './role.orders.ts'

export interface Worker {
  database: Database
  /** Aborted when the process is asked to stop. */
  stopping: AbortSignal
  /** What is to end, once it is stopping, before the database is closed. */
  busyWith(work: Promise<void>): void
}

export type NumberedHandler = (worker: Worker, payload: Numbered, message: ReceivedMessage) => Promise<void>

/**
 * A service made of the parts that every service is made of, put together as startService does it, but with handlers of
 * the rig's own: it hears one type of message, and its database holds the rig's tables.
 */
export function runWorker(o: {
  service: ServiceName
  hears: string
  handle: NumberedHandler
  onReady?: (worker: Worker) => void
  /** Called with the load of the orders first, and with a later one perhaps before the worker is ready. */
  onLoad?: (load: Load) => void
}): void {
  process.on('message', (request: RoleRequest) => {
    if ('orders' in request) {
      o.onLoad?.(request.orders.load)
      void start(request.orders, o)
    } else if ('load' in request) o.onLoad?.(request.load)
  })
}

export function tell(report: RoleReport): void {
  process.send?.(report)
}

/** Handles a message once; one that had been handled, or failed before, is told to the rig. */
export async function handleOnce(
  { database }: Worker,
  message: ReceivedMessage,
  work: (tx: Transaction) => Promise<void>,
): Promise<void> {
  const isFirst = await database.handleOnce(message, work)
  const { attempt, header } = message
  if (!isFirst || attempt > 1)
    tell({ report: 'repeated', messageId: header.id, attempt, wasHandled: !isFirst })
}

async function start(orders: RoleOrders, o: Parameters<typeof runWorker>[0]): Promise<void> {
  const { instance, shard, redis, mysql, reclaimIdleMs, handlerTimeoutMs, sweeper } = orders
  const { service } = o
  const publisher = new StreamPublisher({ connection: redis, shards: [shard], service })
  const database = await Database.open({
    service,
    ...mysql,
    entities: [],
    publisher,
    logger: log,
    sweeper,
  })
  const continuity = new ContinuityWatch({
    connection: redis,
    shards: [shard],
    service,
    logger: log,
    clock: () => database.nowMs(),
    onLoss: async (sinceMs) => {
      log.info({ messages: await database.republishSince(sinceMs) }, 'messages are said again')
    },
  })
  const stopping = new AbortController()
  let busy = Promise.resolve()
  const worker: Worker = {
    database,
    stopping: stopping.signal,
    busyWith: (work) => {
      busy = work
    },
  }
  const server = new RedisStreamsServer({
    service,
    instance,
    connection: redis,
    shards: [shard],
    publisher,
    expected: [o.hears],
    logger: log,
    ...(reclaimIdleMs === undefined ? {} : { reclaimIdleMs }),
    ...(handlerTimeoutMs === undefined ? {} : { handlerTimeoutMs }),
  })
  server.addHandler(o.hears, ((payload: Numbered, message: ReceivedMessage) =>
    o.handle(worker, payload, message)) as never)
  process.once('SIGTERM', () => {
    stopping.abort()
    void (async () => {
      await server.close()
      await busy
      await continuity.stop()
      await database.close()
      await publisher.close()
      process.exit(0)
    })()
  })
  server.listen((error) => {
    if (error) throw error as Error
    database.startSweeper()
    continuity.start()
    o.onReady?.(worker)
    tell({ report: 'ready' })
  })
}

const line = (level: string) => (details: object, message: string) =>
  console.error(
    JSON.stringify({ level, at: new Date().toISOString(), message, ...details }, (key, value: unknown) =>
      value instanceof Error ? `${value.name}: ${value.message}` : value,
    ),
  )
const log = { debug: () => {}, info: line('info'), warn: line('warn'), error: line('error') }
