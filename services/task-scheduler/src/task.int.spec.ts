import {
  allRights,
  newId,
  SkillsMatch,
  TaskAccepted,
  TaskRejected,
  TaskRun,
  TaskTransitioned,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  agentSnapshot,
  asked,
  clientOf,
  type Controllers,
  heard,
  matchSummary,
  SchedulerFixture,
  submission,
  taskIn,
} from './scheduler.fixture.js'

let fixture: SchedulerFixture
let scheduler: Controllers
let anna: ReturnType<typeof clientOf>

beforeAll(async () => {
  fixture = await SchedulerFixture.start()
})
afterAll(() => fixture?.stop())
beforeEach(() => {
  scheduler = fixture.controllers()
  anna = clientOf(`t-${newId()}`)
  fixture.hush()
})

const bring = (state: Parameters<typeof taskIn>[0], request = {}) =>
  taskIn(state, fixture, scheduler, anna, request)

describe('a submission', () => {
  it('is accepted, tells its client and asks for an agent', async () => {
    const { taskId, payload, message } = submission(anna, { inputs: { folder: '/data' }, maxAttempts: 2 })
    await scheduler.tasks.submit(payload, message)
    const [accepted] = fixture.takeEnvelopes(TaskAccepted)
    expect(accepted?.payload).toEqual({ taskId, state: 'submitted', duplicate: false })
    expect(accepted?.header).toMatchObject({
      replyto: 'anna',
      correlationid: message.header.id,
      subject: taskId,
    })
    expect(fixture.take(TaskTransitioned)).toMatchObject([{ taskId, from: 'submitted', to: 'matching' }])
    const [match] = fixture.takeEnvelopes(SkillsMatch)
    expect(match?.payload).toEqual({ taskId, goal: 'List the files', rights: allRights })
    expect(match?.header).toMatchObject({ tenant: anna.tenant, causationid: message.header.id })
    expect(await fixture.task(taskId)).toMatchObject({
      state: 'matching',
      clientId: 'anna',
      inputs: { folder: '/data' },
      files: [],
      maxAttempts: 2,
      timeoutMs: 600_000,
    })
  })

  it('with the key of an earlier one makes no second task and is answered all the same', async () => {
    const first = submission(anna)
    const again = submission(anna, { goal: 'Another goal' }, first.message.header.idempotencykey)
    await scheduler.tasks.submit(first.payload, first.message)
    await scheduler.tasks.submit(again.payload, again.message)
    const answers = fixture.takeEnvelopes(TaskAccepted)
    expect(answers.map(({ payload }) => payload)).toEqual([
      { taskId: first.taskId, state: 'submitted', duplicate: false },
      { taskId: first.taskId, state: 'matching', duplicate: true },
    ])
    expect(answers[1]?.header.correlationid).toBe(again.message.header.id)
    expect(fixture.take(SkillsMatch)).toHaveLength(1)
    expect((await fixture.task(first.taskId)).goal).toBe('List the files')
  })

  it('makes one task when two with one key come at once: the one that loses is delivered again', async () => {
    const key = newId()
    const both = [submission(anna, {}, key), submission(anna, {}, key)]
    const submit = async ({ payload, message }: (typeof both)[0]) => scheduler.tasks.submit(payload, message)
    await Promise.all(both.map((one) => submit(one).catch(() => submit(one))))
    // They commit on two connections: either may hear of it first.
    const answers = fixture.take(TaskAccepted).map(({ duplicate }) => duplicate)
    expect(answers.sort()).toEqual([false, true])
    expect(fixture.take(SkillsMatch)).toHaveLength(1)
  })

  it('that is delivered twice has one effect and one answer', async () => {
    const { payload, message } = submission(anna)
    await scheduler.tasks.submit(payload, message)
    await scheduler.tasks.submit(payload, { ...message, attempt: 2 })
    expect(fixture.take(TaskAccepted)).toHaveLength(1)
    expect(fixture.take(SkillsMatch)).toHaveLength(1)
  })

  it('with one key in two tenants makes two tasks', async () => {
    const key = newId()
    for (const client of [anna, clientOf(`t-${newId()}`)]) {
      const { payload, message } = submission(client, {}, key)
      await scheduler.tasks.submit(payload, message)
    }
    expect(fixture.take(TaskAccepted).map(({ duplicate }) => duplicate)).toEqual([false, false])
  })
})

describe('a task that is matched', () => {
  it('is run by the agent that was found, with all that was handed in', async () => {
    const { taskId, payload, message } = submission(anna, {
      inputs: { folder: '/mnt/data' },
      files: [{ name: 'a.txt', contentBase64: 'YQ==' }],
      mounts: [{ source: '/data', mode: 'ro' }],
      timeoutMs: 5_000,
    })
    await scheduler.tasks.submit(payload, message)
    const agent = agentSnapshot()
    const match = matchSummary({ agent: agent.ref })
    fixture.hush()
    await scheduler.matches.matched({ taskId, match, agent }, heard())
    const [run] = fixture.takeEnvelopes(TaskRun)
    expect(run?.payload).toEqual({
      taskId,
      runId: expect.any(String),
      attempt: 1,
      goal: 'List the files',
      inputs: { folder: '/mnt/data' },
      files: [{ name: 'a.txt', contentBase64: 'YQ==' }],
      mounts: [{ source: '/data', mode: 'ro' }],
      agent,
      rights: { ...allRights, functions: ['bash'], hosts: [] },
      timeoutMs: 5_000,
    })
    // What a task causes is its tenant's, whoever the message came from.
    expect(run?.header).toMatchObject({ tenant: anna.tenant, subject: taskId, replyto: 'anna' })
    expect(fixture.take(TaskTransitioned)).toMatchObject([
      { from: 'matching', to: 'scheduled', attempt: 1, match },
    ])
    expect(await fixture.attempts(taskId)).toMatchObject([
      { number: 1, state: 'scheduled', agent: agent.ref, endedAt: null },
    ])
  })

  it('is run once though it is matched twice', async () => {
    const { taskId, agent, runId } = await bring('scheduled')
    await scheduler.matches.matched({ taskId, match: matchSummary(), agent }, heard())
    expect(fixture.take(TaskRun)).toEqual([])
    expect((await fixture.task(taskId)).runId).toBe(runId)
  })

  it('is rejected in words when nobody fits: the missing skills, else the last reason', async () => {
    const missing = await bring('matching')
    const match = matchSummary({ missingSkills: ['send mail', 'draw'], matchScore: 0 })
    await scheduler.matches.unmatched({ taskId: missing.taskId, match }, heard())
    expect(fixture.take(TaskRejected)[0]).toMatchObject({
      taskId: missing.taskId,
      state: 'rejected',
      task: {
        error: { code: 'no-agent', message: 'no agent: no skill for “send mail”, “draw”' },
        missingSkills: ['send mail', 'draw'],
      },
    })
    const unclear = await bring('matching')
    const reasons = ['two skills fit alike', 'none fits well enough']
    await scheduler.matches.unmatched({ taskId: unclear.taskId, match: matchSummary({ reasons }) }, heard())
    expect(fixture.take(TaskRejected)[0]?.task.error?.message).toBe('no agent: none fits well enough')
  })

  it('is not rejected when the answer comes after the run began', async () => {
    const { taskId } = await bring('running')
    await scheduler.matches.unmatched({ taskId, match: matchSummary() }, heard())
    expect(await fixture.task(taskId)).toMatchObject({ state: 'running', error: null })
    expect(fixture.saidOf(taskId)).toEqual([])
  })

  it('may be unknown: that changes nothing', async () => {
    const taskId = newId()
    await scheduler.matches.matched({ taskId, match: matchSummary(), agent: agentSnapshot() }, heard())
    await scheduler.matches.unmatched({ taskId, match: matchSummary() }, heard())
    await scheduler.matches.registered({ taskId, agent: agentSnapshot(true) }, heard())
    expect(fixture.saidOf(taskId)).toEqual([])
  })
})

describe('the tasks of a tenant', () => {
  it('are shown to its clients only, newest first, by state', async () => {
    const first = await bring('matching')
    const second = await bring('running')
    const { tasks, omitted } = await scheduler.tasks.list({}, asked(anna))
    expect(tasks.map(({ id }) => id)).toEqual([second.taskId, first.taskId])
    expect(omitted).toBe(0)
    expect((await scheduler.tasks.list({ state: 'matching' }, asked(anna))).tasks).toMatchObject([
      { id: first.taskId },
    ])
    expect((await scheduler.tasks.list({ limit: 1 }, asked(anna))).tasks).toHaveLength(1)
    expect((await scheduler.tasks.get({ taskId: first.taskId }, asked(anna))).task).toMatchObject({
      id: first.taskId,
      state: 'matching',
    })
    const stranger = clientOf(`t-${newId()}`)
    expect(await scheduler.tasks.list({}, asked(stranger))).toEqual({ tasks: [], omitted: 0 })
    await expect(scheduler.tasks.get({ taskId: first.taskId }, asked(stranger))).rejects.toMatchObject({
      code: 'task-not-found',
    })
  })

  it('are listed as far as one answer holds them, and the rest is counted', async () => {
    for (let made = 0; made < 5; made += 1) await bring('matching', { goal: 'ü'.repeat(19_990 + made) })
    await fixture.query(
      `UPDATE tasks SET result = REPEAT('x', 60000), state = 'completed' WHERE tenant = '${anna.tenant}'`,
    )
    const { tasks, omitted } = await scheduler.tasks.list({}, asked(anna))
    expect(tasks.length).toBeGreaterThan(0)
    expect(tasks.length + omitted).toBe(5)
    expect(omitted).toBeGreaterThan(0)
  })
})
