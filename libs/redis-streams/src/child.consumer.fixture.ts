// First of all: it brings reflect-metadata, which the message classes need when they load.
import '@nestjs/common'
import type { ChildOrders, ChildReport } from './child.fixture.js'
import { RedisStreamsServer } from './redis-streams.server.js'

process.once('message', ({ connection, shard, instance }: ChildOrders) => {
  const server = new RedisStreamsServer({
    service: 'executor',
    instance,
    connection,
    shards: [shard],
    publisher: { publish: async () => {} },
    expected: ['test.work'],
    concurrency: 4,
  })
  server.addHandler('test.work', async (began: ChildReport['began']) => {
    await new Promise((resolve) => process.send?.({ began } satisfies ChildReport, resolve))
    if (began.does === 'exit') process.exit(1)
    if (began.does === 'hang') await new Promise(() => {})
    return undefined as never
  })
  server.listen((error) => {
    if (error) throw error as Error
  })
})
