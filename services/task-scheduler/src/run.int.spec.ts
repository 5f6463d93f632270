import {
  AgentDispose,
  newId,
  RunCancel,
  RunFailed,
  TaskCanceled,
  TaskCancelRequested,
  TaskCompleted,
  TaskFailed,
  TaskRun,
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

describe('a run', () => {
  const artifacts = [{ name: 'list.txt', path: '/a/list.txt', sizeBytes: 3, sha256: 'a'.repeat(64) }]

  it('completes its task with result and artifacts', async () => {
    const { taskId, runId } = await bring('scheduled')
    await scheduler.runs.started({ taskId, runId }, heard())
    await scheduler.runs.succeeded({ taskId, runId, result: '3 files', artifacts }, heard())
    expect(fixture.saidOf(taskId)).toEqual(['task.transitioned', 'task.completed'])
    expect(fixture.take(TaskCompleted)[0]?.task).toMatchObject({ result: '3 files', artifacts, attempt: 1 })
    const [attempt] = await fixture.attempts(taskId)
    expect(attempt).toMatchObject({ state: 'succeeded', endedAt: expect.any(Date) })
  })

  it('that succeeded before its start was heard of stays succeeded', async () => {
    const { taskId, runId } = await bring('scheduled')
    await scheduler.runs.succeeded({ taskId, runId, result: 'ok', artifacts: [] }, heard())
    await scheduler.runs.started({ taskId, runId }, heard())
    expect(fixture.saidOf(taskId)).toEqual(['task.completed'])
    expect((await fixture.task(taskId)).state).toBe('completed')
    expect((await fixture.attempts(taskId))[0]?.state).toBe('succeeded')
  })

  it('ends once: what else is told of it changes neither task nor attempt', async () => {
    const { taskId, runId } = await bring('running')
    await scheduler.runs.succeeded({ taskId, runId, result: 'ok', artifacts: [] }, heard())
    const [task, attempts] = [await fixture.task(taskId), await fixture.attempts(taskId)]
    fixture.hush()
    await scheduler.runs.canceled({ taskId, runId }, heard())
    await scheduler.runs.failed({ taskId, runId, code: 'x', message: 'y', retryable: true }, heard())
    await scheduler.runs.succeeded({ taskId, runId, result: 'other', artifacts }, heard())
    expect(fixture.saidOf(taskId)).toEqual([])
    expect(await fixture.task(taskId)).toEqual(task)
    expect(await fixture.attempts(taskId)).toEqual(attempts)
  })

  it('of another task, or one that is over, changes nothing', async () => {
    const { taskId, runId } = await bring('running')
    const other = await bring('running')
    await scheduler.runs.succeeded({ taskId, runId: newId(), result: 'x', artifacts: [] }, heard())
    await scheduler.runs.succeeded({ taskId, runId: other.runId, result: 'x', artifacts: [] }, heard())
    await scheduler.runs.canceled({ taskId: newId(), runId }, heard())
    expect(fixture.saidOf(taskId)).toEqual([])
    for (const id of [taskId, other.taskId]) {
      expect((await fixture.task(id)).state).toBe('running')
      expect((await fixture.attempts(id))[0]?.state).toBe('running')
    }
  })

  const failure = (ids: { taskId: string; runId: string }, retryable = true): RunFailed => ({
    ...ids,
    code: 'timed-out',
    message: 'it took too long',
    retryable,
  })

  it('that failed is tried again by the same agent until the last attempt failed', async () => {
    const { taskId, agent, ...first } = await bring('running', { maxAttempts: 2 })
    await scheduler.runs.failed(failure({ taskId, runId: first.runId }), heard())
    const [second] = fixture.take(TaskRun)
    expect(second).toMatchObject({ attempt: 2, agent, taskId })
    expect(second?.runId).not.toBe(first.runId)
    // Late words about the first attempt are not about the second.
    await scheduler.runs.succeeded({ taskId, runId: first.runId, result: 'late', artifacts: [] }, heard())
    expect((await fixture.task(taskId)).state).toBe('scheduled')
    await scheduler.runs.failed(failure({ taskId, runId: second!.runId }), heard())
    expect(fixture.take(TaskRun)).toEqual([])
    expect(fixture.take(TaskFailed)[0]?.task).toMatchObject({
      attempt: 2,
      error: { code: 'timed-out', message: 'it took too long' },
    })
    expect((await fixture.attempts(taskId)).map(({ state, number }) => [number, state])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
    ])
  })

  it('that failed is tried again once though the failure is delivered twice', async () => {
    const { taskId, runId } = await bring('running')
    const message = heard()
    await scheduler.runs.failed(failure({ taskId, runId }), message)
    await scheduler.runs.failed(failure({ taskId, runId }), message)
    expect(fixture.take(TaskRun)).toHaveLength(1)
    expect(await fixture.attempts(taskId)).toHaveLength(2)
  })

  it('that failed for good fails its task at once, and what it left behind is kept', async () => {
    const { taskId, runId } = await bring('running')
    await scheduler.runs.failed({ ...failure({ taskId, runId }, false), artifacts }, heard())
    expect(fixture.take(TaskFailed)[0]?.task).toMatchObject({ attempt: 1, artifacts })
  })
})

describe('a cancel', () => {
  const cancel = (taskId: string, client = anna, reason?: string) =>
    scheduler.tasks.cancel({ taskId, ...(reason !== undefined && { reason }) }, asked(client))

  it('ends a task that is being matched at once', async () => {
    const { taskId, agent } = await bring('matching')
    await cancel(taskId, anna, 'not needed')
    expect(fixture.take(TaskCancelRequested)).toEqual([{ taskId, state: 'canceled' }])
    expect(fixture.take(TaskCanceled)[0]?.task.error).toEqual({ code: 'canceled', message: 'not needed' })
    // The registry's answer comes too late.
    await scheduler.matches.matched({ taskId, match: matchSummary(), agent }, heard())
    expect(fixture.take(TaskRun)).toEqual([])
    expect((await fixture.task(taskId)).state).toBe('canceled')
  })

  it.each(['scheduled', 'running'] as const)(
    'of a %s task stops the run; the task is canceled when the run is',
    async (state) => {
      const { taskId, runId } = await bring(state)
      await cancel(taskId)
      expect(fixture.take(TaskCancelRequested)).toEqual([{ taskId, state }])
      expect(fixture.take(RunCancel)).toEqual([{ taskId, runId, reason: 'canceled by anna' }])
      expect(fixture.saidOf(taskId)).toEqual([])
      expect((await fixture.task(taskId)).state).toBe(state)
      await scheduler.runs.canceled({ taskId, runId }, heard())
      expect(fixture.take(TaskCanceled)[0]?.task.error).toEqual({
        code: 'canceled',
        message: 'canceled by anna',
      })
      expect((await fixture.attempts(taskId))[0]?.state).toBe('canceled')
    },
  )

  it('that comes when the run has succeeded leaves it so', async () => {
    const { taskId, runId } = await bring('running')
    await cancel(taskId)
    await scheduler.runs.succeeded({ taskId, runId, result: 'ok', artifacts: [] }, heard())
    expect(fixture.take(TaskCompleted)).toHaveLength(1)
  })

  it('ends a task canceled whose run failed and would have been tried again', async () => {
    const { taskId, runId } = await bring('running')
    await cancel(taskId)
    await scheduler.runs.failed({ taskId, runId, code: 'x', message: 'y', retryable: true }, heard())
    expect(fixture.take(TaskRun)).toEqual([])
    expect(fixture.take(TaskCanceled)).toHaveLength(1)
  })

  it('is refused for a task that has ended, is of another tenant or does not exist', async () => {
    const { taskId } = await bring('matching')
    const stranger = clientOf(`t-${newId()}`)
    await expect(cancel(taskId, stranger)).rejects.toMatchObject({ code: 'task-not-found' })
    await expect(cancel(newId())).rejects.toMatchObject({ code: 'task-not-found' })
    await cancel(taskId)
    await expect(cancel(taskId)).rejects.toMatchObject({
      code: 'task-ended',
      message: 'the task is canceled already',
    })
  })

  it('is for the client of the task and for operators', async () => {
    const { taskId } = await bring('matching')
    const ben = clientOf(anna.tenant, { id: 'ben', roles: ['submitter', 'approver'] })
    await expect(cancel(taskId, ben)).rejects.toMatchObject({ code: 'not-permitted' })
    expect((await fixture.task(taskId)).state).toBe('matching')
    await cancel(taskId, { ...ben, roles: ['operator'] })
    const [requested] = fixture.takeEnvelopes(TaskCancelRequested)
    const [canceled] = fixture.takeEnvelopes(TaskCanceled)
    expect(requested?.header.replyto).toBe('ben')
    expect(canceled?.header.replyto).toBe('anna')
    expect(canceled?.payload.task.error?.message).toBe('canceled by ben')
  })

  it('that was refused may be asked again with the same message: nothing of it was kept', async () => {
    const message = asked(anna)
    const request = { taskId: newId() }
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await expect(scheduler.tasks.cancel(request, { ...message, attempt })).rejects.toMatchObject({
        code: 'task-not-found',
      })
    }
  })
})

describe('an agent for once', () => {
  it('is disposed of when its task ends, and one for good is not', async () => {
    const { taskId } = await bring('matching')
    const agent = agentSnapshot(true)
    await scheduler.matches.matched({ taskId, match: matchSummary(), agent }, heard())
    const { runId } = fixture.take(TaskRun)[0]!
    await scheduler.runs.succeeded({ taskId, runId, result: '', artifacts: [] }, heard())
    expect(fixture.take(AgentDispose)).toEqual([{ taskId, agentId: agent.ref.id }])
    const lasting = await bring('running')
    await scheduler.runs.canceled({ taskId: lasting.taskId, runId: lasting.runId }, heard())
    expect(fixture.take(AgentDispose)).toEqual([])
  })
})
