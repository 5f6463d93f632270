import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Admission, type AdmissionLimits, type AdmissionRequest } from './admission.js'
import { RedisFixture, shard, until } from './redis.fixture.js'
import { streamKeys } from './stream.keys.js'

const keys = streamKeys(shard)
let redis: RedisFixture
let routers: Admission[]

beforeAll(async () => {
  redis = await RedisFixture.start()
})
afterAll(() => redis.stop())
beforeEach(() => {
  const connection = redis.as('router')
  routers = ['a', 'b', 'c'].map((instance) => new Admission({ connection, shard, instance }))
})
afterEach(async () => {
  for (const router of routers) await router.close()
  await redis.admin.flushall()
})

const plenty: AdmissionLimits = { perSecond: 1_000, burst: 1_000, waitingTasks: 1_000 }

function said(some: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    client: 'anna',
    tenant: 'acme',
    messageId: randomUUID(),
    entryId: `${randomUUID()}`,
    limits: { client: plenty, tenant: plenty },
    ...some,
  }
}

async function verdictsOn(...entries: AdmissionRequest[]): Promise<string[]> {
  return (await routers[0]!.judge(entries)).map(({ verdict }) => verdict)
}

/** All routers judge at once; how often each verdict fell. */
async function countVerdicts(judged: Promise<{ verdict: string }[]>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { verdict } of (await Promise.all(judged)).flat()) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}

describe('a message id', () => {
  it('is taken once, under whichever entry it comes first, by however many routers', async () => {
    const messageId = randomUUID()
    const judged = routers.flatMap((router) =>
      Array.from({ length: 10 }, () => router.judge([said({ messageId }), said({ messageId })])),
    )
    expect(await countVerdicts(judged)).toEqual({ ok: 1, replayed: 59 })
  })

  it('of the same entry is no replay, and costs nothing again', async () => {
    const limits = { client: { ...plenty, perSecond: 0.001, burst: 1 }, tenant: plenty }
    const entry = said({ limits })
    for (let time = 0; time < 3; time += 1) expect(await verdictsOn(entry)).toEqual(['ok'])
    expect(await verdictsOn(said({ limits }))).toEqual(['rate-limited'])
  })

  it('is taken from each client by itself: nobody can use up the ids of another', async () => {
    const messageId = randomUUID()
    expect(await verdictsOn(said({ messageId }), said({ messageId, client: 'ben' }))).toEqual(['ok', 'ok'])
  })

  it('is known to a router whose clock has not reached the stretch of time in which it was taken', async () => {
    const entry = said()
    await verdictsOn(entry)
    const stretch = Math.floor(Date.now() / 300_000)
    await redis.admin.rename(keys.seen(stretch), keys.seen(stretch + 1))
    expect(await verdictsOn({ ...entry, entryId: 'another' })).toEqual(['replayed'])
    await redis.admin.rename(keys.seen(stretch + 1), keys.seen(stretch - 1))
    expect(await verdictsOn({ ...entry, entryId: 'another' })).toEqual(['replayed'])
  })

  it('is forgotten within a quarter of an hour', async () => {
    await verdictsOn(said())
    const ttl = await redis.admin.pttl(keys.seen(Math.floor(Date.now() / 300_000)))
    expect(ttl).toBeGreaterThan(10 * 60_000)
    expect(ttl).toBeLessThanOrEqual(15 * 60_000)
  })
})

describe('the rate', () => {
  it('of a client is held by all routers together', async () => {
    const limits = { client: { ...plenty, perSecond: 0.01, burst: 20 }, tenant: plenty }
    const judged = routers.flatMap((router) =>
      Array.from({ length: 10 }, () => router.judge([said({ limits }), said({ limits })])),
    )
    expect(await countVerdicts(judged)).toEqual({ ok: 20, 'rate-limited': 40 })
    expect(await verdictsOn(said({ client: 'ben' }))).toEqual(['ok'])
  })

  it('of a tenant is shared by its clients, and what it refuses is not charged to them', async () => {
    const limits = {
      client: { ...plenty, perSecond: 0.001, burst: 3 },
      tenant: { ...plenty, perSecond: 0.001, burst: 2 },
    }
    const of = (client: string, tenant = 'acme') => said({ client, tenant, limits })
    expect(await verdictsOn(of('anna'), of('ben'), of('anna'), of('ben'))).toEqual([
      'ok',
      'ok',
      'rate-limited',
      'rate-limited',
    ])
    await redis.admin.hdel(keys.rate, 'tenant acme')
    expect(await verdictsOn(of('anna'), of('anna'))).toEqual(['ok', 'ok'])
  })

  it('says when to come back, and lets the message in then', async () => {
    const limits = { client: { ...plenty, perSecond: 5, burst: 2 }, tenant: plenty }
    await verdictsOn(said({ limits }), said({ limits }))
    const late = said({ limits })
    const [refusal] = await routers[1]!.judge([late])
    expect(refusal?.verdict).toBe('rate-limited')
    expect(refusal?.retryAfterMs).toBeGreaterThan(0)
    expect(refusal?.retryAfterMs).toBeLessThanOrEqual(200)
    await new Promise((resolve) => setTimeout(resolve, refusal?.retryAfterMs))
    await until(async () => (await verdictsOn(late))[0] === 'ok', 1_000)
  })

  it('lets in what costs more than a burst, when the bucket is full', async () => {
    const limits = { client: { ...plenty, perSecond: 0.001, burst: 5 }, tenant: plenty }
    expect(await verdictsOn(said({ limits, cost: 50 }), said({ limits }))).toEqual(['ok', 'rate-limited'])
  })
})

describe('waiting tasks', () => {
  const limits = { client: { ...plenty, waitingTasks: 2 }, tenant: { ...plenty, waitingTasks: 3 } }
  const submit = (taskId: string, client = 'anna') => said({ taskId, client, limits })

  it('are limited by client and by tenant, and make room when they are over', async () => {
    expect(await verdictsOn(submit('1'), submit('2'), submit('3'))).toEqual(['ok', 'ok', 'too-much-waiting'])
    expect(await verdictsOn(submit('4', 'ben'), submit('5', 'ben'))).toEqual(['ok', 'too-much-waiting'])
    const over = { taskId: '1', tenant: 'acme', client: 'anna' }
    const verdicts = await routers[1]!.judge([submit('5', 'ben'), submit('6', 'ben')], [over, over])
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['ok', 'too-much-waiting'])
    await routers[2]!.finish([{ ...over, taskId: '2' }])
    expect(await verdictsOn(submit('7'))).toEqual(['ok'])
  })

  it('that are submitted again count once', async () => {
    expect(await verdictsOn(submit('1'), submit('2'), submit('1'), submit('2'))).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ])
    expect(await redis.admin.zcard(keys.waiting('acme', 'anna'))).toBe(2)
  })

  it('are limited by all routers together, and thousands that are over are taken off', async () => {
    const judged = routers.flatMap((router, r) =>
      Array.from({ length: 10 }, (_, n) => router.judge([submit(`${r}-${n}`, `c${n}`)])),
    )
    expect(await countVerdicts(judged)).toEqual({ ok: 3, 'too-much-waiting': 27 })
    const over = Array.from({ length: 2_500 }, (_, n) => ({
      taskId: `${n % 3}-${n % 10}`,
      tenant: 'acme',
      client: `c${n % 10}`,
    }))
    await routers[0]!.finish(over)
    expect(await redis.admin.exists(keys.waiting('acme'))).toBe(0)
  })

  it('of more than seven days ago do not count', async () => {
    const eightDaysAgo = Date.now() - 8 * 86_400_000
    await redis.admin.zadd(keys.waiting('acme', 'anna'), `${eightDaysAgo}`, 'x', `${eightDaysAgo}`, 'y')
    expect(await verdictsOn(submit('1'), submit('2'))).toEqual(['ok', 'ok'])
  })
})

describe('a message to a full destination', () => {
  it('is refused without being remembered, unless it was admitted before', async () => {
    const entry = said()
    expect(await verdictsOn({ ...entry, isBusy: true })).toEqual(['busy'])
    expect(await verdictsOn({ ...entry, entryId: 'again' })).toEqual(['ok'])
    expect(await verdictsOn({ ...entry, entryId: 'again', isBusy: true })).toEqual(['ok'])
  })
})

it('remembers what it admitted when Redis is killed and comes back', async () => {
  await redis.admin.config('SET', 'appendfsync', 'always')
  const limits = { client: { ...plenty, perSecond: 0.001, burst: 3, waitingTasks: 1 }, tenant: plenty }
  const entry = said({ taskId: '1', limits })
  expect(await verdictsOn(entry)).toEqual(['ok'])
  await redis.kill()
  await redis.launch()
  await until(async () => (await redis.admin.ping().catch(() => '')) === 'PONG')
  expect(await verdictsOn({ ...entry, entryId: 'another' }, said({ taskId: '2', limits }))).toEqual([
    'replayed',
    'too-much-waiting',
  ])
  expect(await verdictsOn(said({ limits }), said({ limits }), said({ limits }))).toEqual([
    'ok',
    'ok',
    'rate-limited',
  ])
})
