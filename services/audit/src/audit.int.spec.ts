import { type EventHeader, newId, type ReceivedMessage, type Stamp } from '@guildhall/contracts'
import type { AuditEntry } from '@guildhall/redis-streams'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
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
function entryOf(entryId: string, of: EventHeader, { data = '{}' } = {}): AuditEntry {
  const at = new Date().toISOString()
  const stamp: Stamp = {
    verdict: 'allowed',
    at,
    router: 'r',
    policy: '1',
    heardOn: 'gateway',
    deliveredTo: [],
  }
  const texts = { event: JSON.stringify(of), stampText: JSON.stringify(stamp) }
  return { shard: 'test', entryId, header: of, data, stamp, ...texts }
}
const from = (tenant: string) => ({ header: header(tenant) }) as ReceivedMessage
const newTenant = () => `t-${newId()}`
const listed = async (tenant: string, request = {}) =>
  (await fixture.controller.list(request, from(tenant))).records
const stored = (tenant: string, count: number) =>
  expect.poll(() => listed(tenant, { limit: 500 }), { timeout: 15_000 }).toHaveLength(count)

/** What would be wrong if everything stayed as it is for so long. */
async function problemsIn(ms: number) {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + ms)
  try {
    return await fixture.health.problems()
  } finally {
    clock.mockRestore()
  }
}

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
    const [kept] = await fixture.kept(`message_id = '${first!.messageId}'`)
    expect(kept).toMatchObject({ data: '{"goal":"x"}', header: { id: first!.messageId, subject: taskId } })
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
    const entry = entryOf('1763800000000-7', header(tenant), { data: 'first' })
    await fixture.take([entry])
    await fixture.take([
      { ...entry, data: 'second' },
      entryOf('1763800000000-8', header(tenant), { data: 'first' }),
    ])
    expect((await fixture.kept(`tenant = '${tenant}'`)).map(({ data }) => data)).toEqual(['first', 'first'])
  })

  it('keeps entries that fit no record, and the others as they are', async () => {
    const tenant = newTenant()
    const nested = JSON.parse(`${'['.repeat(200)}1${']'.repeat(200)}`) as unknown
    const poison = header(tenant, { id: `no uuid ${tenant}` })
    await fixture.send({ header: header(tenant) })
    await fixture.send({ header: poison })
    await fixture.send({ header: header(tenant, { extension: nested }) })
    await stored(tenant, 2)
    expect((await listed(tenant)).map(({ type }) => type)).toEqual(['task.submit', 'task.submit'])
    const ofNobody = await listed(newTenant(), { verdict: 'allowed' })
    expect(ofNobody.at(-1)).toMatchObject({ tenant: 'unknown', type: 'task.submit' })
    const kept = await fixture.kept(`tenant = 'unknown'`)
    expect(kept.map((one) => one.header)).toContainEqual(poison)
  })

  it('takes in more than a server accepts in one statement', async () => {
    const tenant = newTenant()
    const data = 'x'.repeat(250 * 1024)
    const entries = Array.from({ length: 100 }, (_, index) =>
      entryOf(`1763800000001-${index}`, header(tenant), { data }),
    )
    await fixture.take(entries)
    expect(await fixture.database.manager.countBy(AuditRecord, { tenant })).toBe(100)
    expect(await listed(tenant)).toHaveLength(100)
  })

  it('says that it cannot store after ten seconds without a database, and loses nothing', async () => {
    const tenant = newTenant()
    await fixture.stopDatabase()
    await fixture.send({ header: header(tenant) })
    await expect
      .poll(() => problemsIn(10_001))
      .toHaveProperty('audit intake', expect.stringContaining('could not be stored'))
    expect(await problemsIn(0)).toEqual({})
    await fixture.send({ header: header(tenant) })
    await fixture.startDatabase()
    await stored(tenant, 2)
    expect(await fixture.health.problems()).toEqual({})
  }, 60_000)
})
