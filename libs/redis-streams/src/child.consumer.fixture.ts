// First of all: it brings reflect-metadata, which the message classes need when they load.
import '@nestjs/common'
import type { ChildOrders, ChildReport } from './child.fixture.js'
import { RedisStreamsServer } from './redis-streams.server.js'

process.once('message', ({ shard, ...orders }: ChildOrders) => {
  const server = new RedisStreamsServer({
    ...orders,
    service: 'executor',
    shards: [shard],
    publisher: { publish: async () => {} },
    expected: ['test.work'],
    concurrency: 4,
  })
  server.addHandler('test.work', async (began: ChildReport['began']) => {
    const reported = new Promise((resolve) => process.send?.({ began } satisfies ChildReport, resolve))
    // At once, so that those beside it have not begun.
    if (began.does === 'block') blockLoop(began.ms ?? 0)
    await reported
    if (began.does === 'exit') process.exit(1)
    if (began.does === 'hang') await new Promise(() => {})
    return undefined as never
  })
  server.listen((error) => {
    if (error) throw error as Error
  })
})

function blockLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
