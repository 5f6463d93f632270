import {
  AgentDispose,
  AgentProposed,
  AgentRegister,
  type ApprovalAnswer,
  ApprovalDecided,
  ApprovalRequested,
  canonicalDigest,
  newId,
  ProposalClose,
  TaskCanceled,
  TaskRejected,
  TaskRun,
  TaskTransitioned,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Approval } from './approval.entity.js'
import {
  agentConfig,
  agentSnapshot,
  asked,
  clientOf,
  type Controllers,
  heard,
  matchSummary,
  SchedulerFixture,
  taskIn,
} from '../scheduler.fixture.js'

let fixture: SchedulerFixture
let scheduler: Controllers
let anna: ReturnType<typeof clientOf>
let ben: ReturnType<typeof clientOf>

beforeAll(async () => {
  fixture = await SchedulerFixture.start()
})
afterAll(() => fixture?.stop())
beforeEach(() => {
  scheduler = fixture.controllers()
  anna = clientOf(`t-${newId()}`)
  ben = clientOf(anna.tenant, { id: 'ben', roles: ['approver'] })
  fixture.hush()
})

const waiting = (from = scheduler) => taskIn('awaiting-approval', fixture, from, anna)
const decide = (
  approvalId: string,
  answer: ApprovalAnswer,
  more: { digest?: string; comment?: string } = {},
  client = ben,
) => scheduler.approvals.decide({ approvalId, answer, ...more }, asked(client))
const approvalOf = (id: string) => fixture.database.manager.findOneByOrFail(Approval, { id })

const proposalFor = (taskId: string, config = agentConfig()): AgentProposed => ({
  taskId,
  proposalId: newId(),
  config,
  skills: [],
  drafts: [],
  files: [],
  digest: canonicalDigest(config),
  match: matchSummary(),
})

describe('a proposal', () => {
  it('makes the task wait and its client be asked, with the digest of exactly what will happen', async () => {
    const { taskId } = await taskIn('matching', fixture, scheduler, anna)
    const proposed = proposalFor(taskId)
    await scheduler.matches.proposed(proposed, heard())
    const [requested] = fixture.takeEnvelopes(ApprovalRequested)
    const { approval } = requested!.payload
    expect(approval).toMatchObject({
      taskId,
      kind: 'new-agent',
      question: 'Hire librarian with the skills files, for once or for good?',
      state: 'pending',
      digest: proposed.digest,
      subject: { config: proposed.config },
      requestedBy: 'anna',
      match: proposed.match,
      defaultAnswer: 'refuse',
    })
    expect(Date.parse(approval.deadline) - Date.parse(approval.createdAt)).toBe(60_000)
    expect(requested?.header).toMatchObject({ replyto: 'anna', subject: taskId, tenant: anna.tenant })
    expect(fixture.take(TaskTransitioned)).toMatchObject([
      { from: 'matching', to: 'awaiting-approval', approvalId: approval.id, match: proposed.match },
    ])
    expect(await fixture.task(taskId)).toMatchObject({
      state: 'awaiting-approval',
      approvalId: approval.id,
    })
  })

  it('with more skills than fit into a question is asked about all the same', async () => {
    const { taskId } = await taskIn('matching', fixture, scheduler, anna)
    const skills = Array.from({ length: 50 }, (_, index) => `${'s'.repeat(60)}-${index}`)
    await scheduler.matches.proposed(proposalFor(taskId, agentConfig({ skills })), heard())
    const { approval } = fixture.take(ApprovalRequested)[0]!
    expect(approval.question).toContain('s-9 and 40 more, for once or for good?')
    expect(approval.subject).toMatchObject({ config: { skills } })
  })

  it('for a task that was canceled meanwhile is nobody asked about', async () => {
    const { taskId } = await taskIn('matching', fixture, scheduler, anna)
    await scheduler.tasks.cancel({ taskId }, asked(anna))
    fixture.hush()
    await scheduler.matches.proposed(proposalFor(taskId), heard())
    expect(fixture.saidOf(taskId)).toEqual([])
    expect(await fixture.query(`SELECT id FROM approvals WHERE task_id = '${taskId}'`)).toEqual([])
  })
})

describe('a proposal that changes while it is asked about', () => {
  it('is asked about anew; the old question and its digest count no more', async () => {
    const { taskId, approvalId } = await waiting()
    const { digest, proposalId } = await approvalOf(approvalId)
    const changed = proposalFor(taskId, agentConfig({ prompt: 'Be quick.' }))
    await scheduler.matches.proposed(changed, heard())
    const [requested] = fixture.take(ApprovalRequested)
    expect(requested?.approval).toMatchObject({ state: 'pending', digest: changed.digest })
    expect((await fixture.task(taskId)).approvalId).toBe(requested?.approval.id)
    expect(fixture.take(ProposalClose)).toEqual([{ taskId, proposalId, ending: 'withdrawn' }])
    await expect(decide(approvalId, 'once')).rejects.toMatchObject({ code: 'approval-stale' })
    const next = requested?.approval.id ?? ''
    await expect(decide(next, 'once', { digest })).rejects.toMatchObject({ code: 'approval-changed' })
    await decide(next, 'once')
    expect(fixture.take(AgentRegister)).toMatchObject([{ digest: changed.digest }])
  })

  it('is not asked about again when it is the same, or after the answer', async () => {
    const { taskId, approvalId } = await waiting()
    await scheduler.matches.proposed(proposalFor(taskId), heard())
    await decide(approvalId, 'once')
    await scheduler.matches.proposed(proposalFor(taskId, agentConfig({ prompt: 'x' })), heard())
    expect(fixture.take(ApprovalRequested)).toEqual([])
    expect((await approvalOf(approvalId)).state).toBe('approved')
  })
})

describe('a decision', () => {
  it.each([
    ['once', false],
    ['permanent', true],
  ] as const)('that allows the agent %s has exactly the proposal hired', async (answer, permanent) => {
    const { taskId, approvalId } = await waiting()
    const { digest, proposalId } = await approvalOf(approvalId)
    await decide(approvalId, answer, { digest, comment: 'go on' })
    expect(fixture.take(AgentRegister)).toEqual([{ taskId, proposalId, digest, permanent }])
    // Whoever it was asked for hears it, and who answered gets an answer.
    const [news, decided] = fixture.takeEnvelopes(ApprovalDecided)
    expect(news?.header).toMatchObject({ replyto: 'anna', subject: taskId })
    expect(decided?.header.replyto).toBe('ben')
    expect(news?.payload).toEqual(decided?.payload)
    expect(decided?.payload.approval).toMatchObject({
      state: 'approved',
      answer,
      decidedBy: 'ben',
      comment: 'go on',
      decidedAt: expect.any(String),
    })
    // The agent is not there yet.
    expect((await fixture.task(taskId)).state).toBe('awaiting-approval')
    const agent = agentSnapshot(!permanent)
    await scheduler.matches.registered({ taskId, agent }, heard())
    expect(fixture.take(TaskRun)).toMatchObject([{ taskId, agent, attempt: 1 }])
    expect(fixture.take(AgentDispose)).toEqual([])
  })

  it('that refuses rejects the task with the words of who decided', async () => {
    const [silent, spoken] = [await waiting(), await waiting()]
    await decide(silent.approvalId, 'refuse')
    await decide(spoken.approvalId, 'refuse', { comment: 'too expensive' })
    expect(fixture.take(TaskRejected).map(({ task }) => task.error)).toEqual([
      { code: 'approval-refused', message: 'ben refused the new agent' },
      { code: 'approval-refused', message: 'too expensive' },
    ])
    expect(fixture.take(AgentRegister)).toEqual([])
  })

  it('counts once: the second is refused as stale and changes nothing', async () => {
    const { approvalId } = await waiting()
    await decide(approvalId, 'once')
    const decided = await approvalOf(approvalId)
    fixture.hush()
    await expect(decide(approvalId, 'refuse')).rejects.toMatchObject({
      code: 'approval-stale',
      message: 'this approval is approved already; nothing was changed',
    })
    expect(await approvalOf(approvalId)).toEqual(decided)
    expect(fixture.take(AgentRegister)).toEqual([])
  })

  it('counts once when two come at the same time', async () => {
    const { approvalId } = await waiting()
    const settled = await Promise.allSettled([
      decide(approvalId, 'once'),
      decide(approvalId, 'permanent', {}, anna),
    ])
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(fixture.take(AgentRegister)).toHaveLength(1)
  })

  it('that is delivered twice has the agent hired once', async () => {
    const { taskId, approvalId } = await waiting()
    const message = asked(ben)
    await scheduler.approvals.decide({ approvalId, answer: 'once' }, message)
    await scheduler.approvals.decide({ approvalId, answer: 'once' }, { ...message, attempt: 2 })
    expect(fixture.take(AgentRegister)).toHaveLength(1)
    const registered = { taskId, agent: agentSnapshot(true) }
    await scheduler.matches.registered(registered, heard())
    await scheduler.matches.registered(registered, heard())
    expect(fixture.take(TaskRun)).toHaveLength(1)
    expect(fixture.take(AgentDispose)).toEqual([])
  })

  it('about another proposal than the one shown is refused', async () => {
    const { approvalId } = await waiting()
    await expect(decide(approvalId, 'once', { digest: 'b'.repeat(64) })).rejects.toMatchObject({
      code: 'approval-changed',
    })
    expect((await approvalOf(approvalId)).state).toBe('pending')
  })

  it('of another tenant finds no such approval', async () => {
    const { approvalId } = await waiting()
    const stranger = clientOf(`t-${newId()}`)
    const notFound = { code: 'approval-not-found' }
    await expect(decide(approvalId, 'once', {}, stranger)).rejects.toMatchObject(notFound)
    await expect(scheduler.approvals.get({ approvalId }, asked(stranger))).rejects.toMatchObject(notFound)
    expect(await scheduler.approvals.list({}, asked(stranger))).toEqual({ approvals: [], omitted: 0 })
    expect((await approvalOf(approvalId)).state).toBe('pending')
  })

  it('that the registry will not carry out rejects the task with its reason', async () => {
    const { taskId, approvalId } = await waiting()
    await decide(approvalId, 'once')
    const refused = { taskId, code: 'agent-gone', message: 'the agent was retired' } as const
    await scheduler.matches.refused(refused, heard())
    expect(fixture.take(TaskRejected)[0]?.task.error).toEqual({
      code: 'agent-gone',
      message: 'the agent was retired',
    })
  })
})

describe('an approval', () => {
  it('is withdrawn when its task is canceled, and an answer comes too late', async () => {
    const { taskId, approvalId } = await waiting()
    await scheduler.tasks.cancel({ taskId }, asked(anna))
    expect(fixture.take(TaskCanceled)).toHaveLength(1)
    expect(await approvalOf(approvalId)).toMatchObject({ state: 'withdrawn', answer: null, decidedBy: null })
    await expect(decide(approvalId, 'once')).rejects.toMatchObject({
      message: 'this approval is withdrawn already; nothing was changed',
    })
    expect(fixture.take(AgentRegister)).toEqual([])
  })

  it('that was given before the cancel stays given, and the agent that comes too late is disposed of', async () => {
    const { taskId, approvalId } = await waiting()
    await decide(approvalId, 'once')
    await scheduler.tasks.cancel({ taskId }, asked(anna))
    expect((await approvalOf(approvalId)).state).toBe('approved')
    const agent = agentSnapshot(true)
    await scheduler.matches.registered({ taskId, agent }, heard())
    expect(fixture.take(TaskRun)).toEqual([])
    expect(fixture.take(AgentDispose)).toEqual([{ taskId, agentId: agent.ref.id }])
    // One that was hired for good stays.
    await scheduler.matches.registered({ taskId, agent: agentSnapshot(false) }, heard())
    expect(fixture.take(AgentDispose)).toEqual([])
  })

  it('is shown and listed, newest first, by state', async () => {
    const [first, second] = [await waiting(), await waiting()]
    await decide(first.approvalId, 'refuse')
    const idsOf = async (request: object) =>
      (await scheduler.approvals.list(request, asked(ben))).approvals.map(({ id }) => id)
    expect(await idsOf({})).toEqual([second.approvalId, first.approvalId])
    expect(await idsOf({ state: 'pending' })).toEqual([second.approvalId])
    expect(await idsOf({ limit: 1 })).toEqual([second.approvalId])
    const { approval } = await scheduler.approvals.get({ approvalId: first.approvalId }, asked(ben))
    expect(approval).toMatchObject({ id: first.approvalId, state: 'refused', decidedBy: 'ben' })
  })
})

describe('the deadline of an approval', () => {
  it('refuses what nobody answered, once though two processes look, and an answer comes too late', async () => {
    const hasty = fixture.controllers({ approvalDeadlineMs: 1 })
    const late = await waiting(hasty)
    const inTime = await waiting()
    await expect(decide(late.approvalId, 'once')).rejects.toMatchObject({ code: 'approval-expired' })
    const watchers = [scheduler.deadlines, hasty.deadlines]
    for (const watcher of watchers) watcher.onApplicationBootstrap()
    try {
      await vi.waitFor(
        async () => {
          expect((await fixture.task(late.taskId)).state).toBe('rejected')
        },
        { timeout: 10_000 },
      )
    } finally {
      await Promise.all(watchers.map((watcher) => watcher.beforeApplicationShutdown()))
    }
    const expired = await approvalOf(late.approvalId)
    expect(expired).toMatchObject({ state: 'expired', answer: 'refuse', decidedBy: null })
    const rejected = fixture.takeEnvelopes(TaskRejected)
    expect(rejected).toHaveLength(1)
    expect(rejected[0]?.header).toMatchObject({ tenant: anna.tenant, replyto: 'anna' })
    expect(rejected[0]?.payload.task.error).toEqual({
      code: 'approval-expired',
      message: `nobody answered before ${expired.deadline.toISOString()}: refused`,
    })
    await expect(decide(late.approvalId, 'once')).rejects.toMatchObject({ code: 'approval-stale' })
    expect((await approvalOf(inTime.approvalId)).state).toBe('pending')
  })
})
