import { readFileSync } from 'node:fs'
import {
  causedBy,
  createEnvelope,
  messageOf,
  type PayloadClass,
  RequestError,
  topology as guildhall,
} from '@guildhall/contracts'
import { type INestMicroservice, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  commerce,
  decide,
  OrderPlaced,
  OrderShipped,
  readPayload,
  Shop,
  ShopModule,
  StockReserve,
  type StockReserved,
  Warehouse,
  WarehouseModule,
} from './foreign.project.fixture.js'
import { AuditReader, RedisStreamsServer, Relay, StreamPublisher, StreamRequester } from './index.js'
import { RedisFixture, shard, until } from './redis.fixture.js'
import { streamKeys } from './stream.keys.js'

const keys = streamKeys(shard)
let redis: RedisFixture
let publisher: StreamPublisher
let requester: StreamRequester
const audited: string[] = []
const stops: (() => Promise<unknown>)[] = []

async function startService(service: string, module: Type): Promise<StreamPublisher> {
  const connection = redis.as(service)
  const mouth = new StreamPublisher({ connection, shards: [shard], service })
  const strategy = new RedisStreamsServer({
    service,
    topology: commerce,
    instance: `${service}-1`,
    connection,
    shards: [shard],
    publisher: mouth,
    readPayload,
  })
  const app: INestMicroservice = await NestFactory.createMicroservice(module, { strategy, logger: false })
  await app.listen()
  stops.push(() => mouth.close())
  stops.push(() => app.close())
  return mouth
}

beforeAll(async () => {
  redis = await RedisFixture.start([shard], {}, commerce)
  const relay = new Relay({
    connection: redis.as('router'),
    shards: [shard],
    topology: commerce,
    instance: 'router-1',
    decide,
  })
  await relay.start()
  stops.push(() => relay.stop())
  const audit = new AuditReader({
    connection: redis.as('audit'),
    shards: [shard],
    instance: 'audit-1',
    handle: async (entries) => {
      audited.push(...entries.map(({ header, stamp }) => `${header.type} ${stamp.verdict}`))
    },
  })
  await audit.start()
  stops.push(() => audit.stop())
  await startService('warehouse', WarehouseModule)
  publisher = await startService('shop', ShopModule)
  requester = new StreamRequester({
    service: 'shop',
    topology: commerce,
    connection: redis.as('shop'),
    shards: [shard],
    publisher,
    readPayload,
  })
  stops.push(() => requester.close())
})
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  await redis.stop()
})
beforeEach(() => {
  audited.length = 0
})

function say<P extends object>(payload: PayloadClass<P>, value: P, from = 'shop') {
  return createEnvelope(messageOf(payload).type, value, `/services/${from}`, { tenant: 'acme' })
}

describe('a project with a topology of its own', () => {
  it('asks one of its services by another', async () => {
    const answer = await requester.request<StockReserve, StockReserved>(
      StockReserve,
      { sku: 'tea', count: 3 },
      { tenant: 'acme' },
    )
    expect(answer.value).toEqual({ left: 7 })
    expect(answer.header).toMatchObject({ type: 'stock.reserved', source: '/services/warehouse' })
    await expect(
      requester.request(StockReserve, { sku: 'tea', count: 300 }, { tenant: 'acme' }),
    ).rejects.toEqual(new RequestError('out-of-stock', 'There are not 300 of tea'))
  })

  it('handles many messages in one call, and dead-letters those of them that it cannot', async () => {
    const orders = ['a', 'b', 'cursed', 'c']
    await publisher.publish(orders.map((order) => say(OrderPlaced, { order })))
    await until(() => Warehouse.batches.flat().length === orders.length)
    expect(Warehouse.batches.flat().sort()).toEqual(['a', 'b', 'c', 'cursed'])
    await until(async () => (await redis.admin.xlen(keys.deadLetter('warehouse'))) === 1)
    const [[, fields]] = (await redis.admin.xrange(keys.deadLetter('warehouse'), '-', '+')) as [
      [string, string[]],
    ]
    expect(fields).toContain('{"order":"cursed"}')
    expect(fields.at(-1)).toContain('"code":"cursed"')
  })

  it('has every message in its audit, and what its table does not allow goes nowhere else', async () => {
    await publisher.publish([say(OrderShipped, { order: 'x' })])
    await until(() => audited.includes('order.shipped denied'))
    expect(await redis.admin.xlen(keys.to('shop'))).toBe(0)
    const warehouse = new StreamPublisher({
      connection: redis.as('warehouse'),
      shards: [shard],
      service: 'warehouse',
    })
    stops.push(() => warehouse.close())
    const placed = say(OrderPlaced, { order: 'y' }).header
    const shipped = createEnvelope('order.shipped', { order: 'y' }, '/services/warehouse', causedBy(placed))
    await warehouse.publish([shipped])
    await until(() => Shop.shipped.some(({ order, attempt }) => order === 'y' && attempt === 1))
    expect(audited).toContain('order.shipped allowed')
  })

  it('knows nothing of the services of Guildhall', () => {
    expect(guildhall.services.filter((name) => commerce.services.includes(name))).toEqual(['router', 'audit'])
  })

  it('is what the README of this library shows', () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
    const fixture = read('./foreign.project.fixture.ts').replace("'./index.js'", "'@guildhall/redis-streams'")
    expect(read('../README.md')).toContain('```ts\n' + fixture + '```')
  })
})
