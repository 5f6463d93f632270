import { newId, type ReceivedMessage } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuditFixture } from './audit.fixture.js'
import { AuditRecord } from './audit-record.entity.js'

let fixture: AuditFixture

beforeAll(async () => {
  fixture = await AuditFixture.start()
  await fixture.intake.onApplicationBootstrap()
})
afterAll(() => fixture?.stop())

const header = (tenant: string, more: object = {}) => ({
  specversion: '1.0' as const,
  id: newId(),
  type: 'task.submit',
  source: '/clients/anna',
  time: new Date().toISOString(),
  datacontenttype: 'application/json' as const,
  tenant,
  ...more,
})
const from = (tenant: string) => ({ header: header(tenant) }) as ReceivedMessage
const newTenant = () => `t-${newId()}`
const listed = async (tenant: string, request = {}) =>
  (await fixture.controller.list(request, from(tenant))).records
const stored = (tenant: string, count: number) =>
  expect.poll(() => listed(tenant, { limit: 500 }), { timeout: 15_000 }).toHaveLength(count)

describe('the audit', () => {
  it('lists what the router recorded, newest last, by task, trace and verdict, to its own tenant only', async () => {
    const tenant = newTenant()
    const taskId = newId()
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    await fixture.send({ header: header(tenant, { subject: taskId }), data: '{"goal":"x"}' })
    await fixture.send({
      header: header(tenant, { traceparent: `00-${traceId}-b7ad6b7169203331-01` }),
      stamp: { verdict: 'denied', code: 'not-permitted', reason: 'no role' },
    })
    await stored(tenant, 2)
    const [first, second] = await listed(tenant)
    expect(first).toMatchObject({ verdict: 'allowed', taskId, tenant, dataBytes: 12, type: 'task.submit' })
    expect(second).toMatchObject({ verdict: 'denied', code: 'not-permitted', reason: 'no role', traceId })
    expect(second!.seq).toBeGreaterThan(first!.seq)
    expect(await listed(tenant, { taskId })).toEqual([first])
    expect(await listed(tenant, { traceId })).toEqual([second])
    expect(await listed(tenant, { limit: 1 })).toEqual([second])
    expect(await listed(newTenant())).toEqual([])
    const record = await fixture.database.manager.findOneBy(AuditRecord, { messageId: first!.messageId })
    expect(record).toMatchObject({ data: '{"goal":"x"}', header: { id: first!.messageId, subject: taskId } })
  })

  it('counts a tenant’s records and shows operators the refusals of senders that nobody knows', async () => {
    const [tenant, other] = [newTenant(), newTenant()]
    const before = await fixture.controller.count({}, from(tenant))
    await fixture.send({ header: header(other) })
    await fixture.send({ header: header('unknown'), stamp: { verdict: 'denied', code: 'unauthenticated' } })
    await fixture.send({ header: header(tenant) })
    await stored(tenant, 1)
    expect(await fixture.controller.count({}, from(tenant))).toEqual({
      records: before.records + 2,
      allowed: before.allowed + 1,
      denied: before.denied + 1,
    })
    expect(await listed(tenant, { verdict: 'denied', limit: 1 })).toMatchObject([{ code: 'unauthenticated' }])
    const allowed = await listed(tenant, { verdict: 'allowed' })
    expect(allowed.filter((record) => record.tenant === tenant)).toHaveLength(1)
  })

  it('stores an entry once, however often it comes', async () => {
    const tenant = newTenant()
    const entry = {
      shard: 'test',
      entryId: '1763800000000-7',
      header: header(tenant),
      data: 'first',
      stamp: {
        verdict: 'allowed' as const,
        at: new Date().toISOString(),
        router: 'r',
        policy: '1',
        heardOn: 'gateway',
        deliveredTo: ['to:audit'],
      },
    }
    await fixture.intake.take([entry])
    await fixture.intake.take([
      { ...entry, data: 'second' },
      { ...entry, entryId: '1763800000000-8' },
    ])
    const records = await fixture.database.manager.findBy(AuditRecord, { tenant })
    expect(records.map(({ data }) => data)).toEqual(['first', 'first'])
  })

  it('keeps entries that fit no record as their raw text, and the others as they are', async () => {
    const tenant = newTenant()
    const nested = JSON.parse(`${'['.repeat(200)}1${']'.repeat(200)}`) as unknown
    const poisons = [header(tenant, { id: `no uuid ${tenant}` }), header(tenant, { extension: nested })]
    await fixture.send({ header: header(tenant) })
    for (const poison of poisons) await fixture.send({ header: poison })
    await fixture.send({ header: header(tenant) })
    await stored(tenant, 2)
    await expect
      .poll(async () => {
        const unreadable = await fixture.database.manager.findBy(AuditRecord, { type: 'unreadable' })
        const texts = unreadable.map(({ data }) => JSON.parse(data) as { event: { tenant: string } })
        return texts.filter(({ event }) => event.tenant === tenant).map(({ event }) => event)
      })
      .toEqual(poisons)
  })

  it('takes in more than a server accepts in one statement', async () => {
    const tenant = newTenant()
    const data = 'x'.repeat(250 * 1024)
    const entries = Array.from({ length: 100 }, (_, index) => ({
      shard: 'test',
      entryId: `1763800000001-${index}`,
      header: header(tenant),
      data,
      stamp: {
        verdict: 'allowed' as const,
        at: new Date().toISOString(),
        router: 'r',
        policy: '1',
        heardOn: 'gateway',
        deliveredTo: [],
      },
    }))
    await fixture.intake.take(entries)
    expect(await fixture.database.manager.countBy(AuditRecord, { tenant })).toBe(100)
  })

  it('says that it cannot store after ten seconds without a database, and loses nothing', async () => {
    const tenant = newTenant()
    await fixture.stopDatabase()
    await fixture.send({ header: header(tenant) })
    await expect
      .poll(() => fixture.health.problems(), { timeout: 20_000 })
      .toHaveProperty('audit intake', expect.stringContaining('could not be stored'))
    await fixture.send({ header: header(tenant) })
    await fixture.startDatabase()
    await stored(tenant, 2)
    expect(await fixture.health.problems()).toEqual({})
  }, 60_000)
})
