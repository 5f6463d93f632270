import {
  ApprovalAnswered,
  ApprovalDecided,
  ApprovalRequested,
  ApprovalRevoked,
  newId,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asked, clientOf, heardFrom, taskIn, SchedulerFixture } from '../scheduler.fixture.js'
import { ApprovalScene, whileWatched } from './approval.scene.fixture.js'

let fixture: SchedulerFixture
let scene: ApprovalScene

beforeAll(async () => {
  fixture = await SchedulerFixture.start()
})
afterAll(() => fixture?.stop())
beforeEach(() => {
  scene = new ApprovalScene(fixture)
})

const everything = { kinds: ['function-call' as const], until: '2100-01-01T00:00:00Z' }

describe('whoever a question is asked for', () => {
  it('may not answer it where the policy forbids it: not alone, not as one of several, not by name', async () => {
    const own = { code: 'approval-own' }
    const { id } = await scene.pendingCall()
    for (const answer of ['once', 'permanent', 'refuse'])
      await expect(scene.decide(id, answer, scene.anna)).rejects.toMatchObject(own)
    await scene.setPolicy({ approvers: { clients: ['anna', 'ben', 'carl'] }, quorum: 2 })
    const second = await scene.pendingCall()
    await scene.decide(second.id, 'once', scene.ben)
    await expect(scene.decide(second.id, 'once', scene.anna)).rejects.toMatchObject(own)
    expect([await scene.stateOf(id), await scene.stateOf(second.id)]).toEqual(['pending', 'pending'])
  })

  it('is not allowed by what the same person has allowed others for good', async () => {
    const tasks = [await scene.running(scene.ben), await scene.running()]
    const first = await scene.ask(scene.question({ taskId: tasks[0]!.taskId }))
    expect(first?.requestedBy).toBe('ben')
    await scene.decide(first!.id, 'permanent', scene.anna)
    expect(await scene.ask(scene.question({ taskId: tasks[1]!.taskId }))).toMatchObject({
      requestedBy: 'anna',
      state: 'pending',
    })
    // For ben it needs no further answer.
    expect(await scene.ask(scene.question({ taskId: tasks[0]!.taskId }))).toBeUndefined()
    expect(fixture.take(ApprovalAnswered).at(-1)).toMatchObject({
      state: 'approved',
      decidedBy: `approval:${first!.id}`,
    })
  })
})

describe('a quorum of two', () => {
  it('stays pending for one person twice, and decides with the second, when two come at once too', async () => {
    await scene.setPolicy({ quorum: 2 })
    const { id } = await scene.pendingCall()
    await scene.decide(id, 'once', scene.ben)
    await expect(scene.decide(id, 'once', scene.ben)).rejects.toMatchObject({ code: 'approval-answered' })
    expect(fixture.take(ApprovalDecided)).toMatchObject([
      { approval: { state: 'pending', votes: [{ by: 'ben' }] } },
    ])
    expect(await scene.stateOf(id)).toBe('pending')
    const dora = clientOf(scene.anna.tenant, { id: 'dora', roles: ['approver'] })
    const both = await Promise.allSettled([
      scene.decide(id, 'once', scene.carl),
      scene.decide(id, 'once', dora),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'approval-stale' })
    expect(fixture.take(ApprovalAnswered)).toHaveLength(1)
  })

  it('lets each take back the own voice while others are waited for', async () => {
    await scene.setPolicy({ quorum: 2 })
    const { id: approvalId } = await scene.pendingCall()
    await scene.decide(approvalId, 'once', scene.ben)
    await scene.scheduler.approvals.revoke({ approvalId }, asked(scene.ben))
    expect(fixture.take(ApprovalRevoked)).toMatchObject([{ approval: { state: 'pending', votes: [] } }])
    await scene.decide(approvalId, 'once', scene.carl)
    expect(await scene.stateOf(approvalId)).toBe('pending')
  })
})

describe('a roster of approvers', () => {
  it('with nobody in it is refused when it is set', async () => {
    for (const rules of [{ approvers: { clients: [] } }, { approvers: { clients: ['ben'] }, quorum: 2 }])
      await expect(scene.setPolicy(rules)).rejects.toMatchObject({ code: 'no-approvers' })
    expect((await scene.scheduler.policies.get({}, asked(scene.anna))).policy).toMatchObject({
      version: 0,
      rules: {},
    })
  })

  it('that leaves nobody for a question refuses it at once, loudly', async () => {
    await scene.setPolicy({ approvers: { clients: ['anna'] } })
    const { taskId } = await scene.running()
    expect(await scene.ask(scene.question({ taskId }))).toBeUndefined()
    const message = 'nobody was asked: 1 person has to allow it, and nobody may'
    expect(fixture.take(ApprovalAnswered)).toMatchObject([{ state: 'refused', comment: message }])
    await taskIn('awaiting-approval', fixture, scene.scheduler, scene.anna).catch(() => undefined)
    const rejected = await fixture.query(
      `SELECT error FROM tasks WHERE tenant = '${scene.anna.tenant}' AND state = 'rejected'`,
    )
    expect(JSON.stringify(rejected)).toContain('no-approvers')
  })

  it('hears the question by name, and further people once when nobody answers', async () => {
    await scene.setPolicy({
      approvers: { clients: ['ben'] },
      escalation: { afterMs: 1_000, clients: ['carl'], roles: ['operator'] },
    })
    const { taskId } = await scene.running()
    await scene.scheduler.asks.ask(scene.question({ taskId }), heardFrom(scene.anna.tenant))
    const told = fixture.takeEnvelopes(ApprovalRequested)
    expect(told.map(({ header }) => header.replyto)).toEqual(['anna', 'ben'])
    const { id } = told[0]!.payload.approval
    await expect(scene.decide(id, 'once', scene.carl)).rejects.toMatchObject({ code: 'approval-not-yours' })
    await fixture.query(`UPDATE approvals SET escalates_at = UTC_TIMESTAMP(3) WHERE id = '${id}'`)
    await whileWatched([scene.scheduler, fixture.controllers()], async () => {
      expect((await scene.approval(id)).escalatedAt).not.toBeNull()
    })
    const again = fixture.takeEnvelopes(ApprovalRequested)
    expect(again.map(({ header }) => header.replyto)).toEqual(['anna', 'ben', 'carl'])
    expect(again[0]?.payload.approval.escalatedAt).toBeDefined()
    await scene.decide(id, 'once', scene.carl)
    expect(await scene.stateOf(id)).toBe('approved')
  })
})

describe('a policy', () => {
  it('approves without asking as often as it says and no more, also for many at once, and that is on record', async () => {
    await scene.setPolicy({ allow: [{ name: 'lists', ...everything, count: 2, functions: ['bash'] }] })
    const { taskId } = await scene.running()
    await Promise.all(
      Array.from({ length: 4 }, () =>
        scene.scheduler.asks.ask(scene.question({ taskId }), heardFrom(scene.anna.tenant)),
      ),
    )
    expect(fixture.take(ApprovalAnswered)).toMatchObject(
      Array(2).fill({ state: 'approved', answer: 'once', decidedBy: 'policy:lists' }),
    )
    expect(fixture.take(ApprovalDecided)).toHaveLength(2)
    expect(fixture.take(ApprovalRequested)).toHaveLength(2)
    // A later version of the rule goes on counting.
    await scene.setPolicy({ allow: [{ name: 'lists', ...everything, count: 3 }] }, 1)
    const { policy } = await scene.scheduler.policies.get({}, asked(scene.anna))
    expect(policy).toMatchObject({ version: 2, author: 'anna', uses: { lists: 2 } })
    expect(await scene.ask(scene.question({ taskId }))).toBeUndefined()
    expect(await scene.ask(scene.question({ taskId }))).toBeDefined()
  })

  it('denies first, whatever allows it, and tells why', async () => {
    await scene.setPolicy({
      deny: [{ name: 'no-shell', functions: ['bash'], reason: 'ask operations' }],
      allow: [{ name: 'all', ...everything, kinds: ['function-call', 'new-agent'], count: 9 }],
    })
    const { taskId } = await scene.running()
    expect(await scene.ask(scene.question({ taskId }))).toBeUndefined()
    expect(fixture.take(ApprovalAnswered)).toMatchObject([
      { state: 'refused', decidedBy: 'policy:no-shell', comment: 'ask operations' },
    ])
    await taskIn('awaiting-approval', fixture, scene.scheduler, scene.anna).catch(() => undefined)
    const rejected = await fixture.query(
      `SELECT error FROM tasks WHERE tenant = '${scene.anna.tenant}' AND state = 'rejected'`,
    )
    expect(JSON.stringify(rejected)).toContain('approval-denied')
  })

  it('is changed by one administrator at a time, for one tenant', async () => {
    const both = await Promise.allSettled([scene.setPolicy({ quorum: 2 }), scene.setPolicy({ quorum: 3 })])
    const refused = both.find((one) => one.status === 'rejected')
    expect(refused?.reason).toMatchObject({ code: 'approval-policy-changed' })
    const stranger = clientOf(`t-${newId()}`)
    expect((await scene.scheduler.policies.get({}, asked(stranger))).policy.version).toBe(0)
    const { policy } = await scene.scheduler.policies.get({ tenant: scene.anna.tenant }, asked(stranger))
    expect(policy.version).toBe(1)
  })
})
