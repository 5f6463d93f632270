import {
  type AgentConfig,
  type AgentSnapshot,
  delegatedTaskIdFor,
  DelegationEnded,
  narrowRights,
  newId,
  noRights,
  type Rights,
  RunCancel,
  SkillsMatch,
  TaskCanceled,
  type TaskDelegate,
  TaskDelegated,
  TaskRun,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  agentConfig,
  asked,
  clientOf,
  type Controllers,
  heard,
  matchSummary,
  SchedulerFixture,
  submission,
} from './scheduler.fixture.js'

const held: Rights = {
  functions: ['bash', 'fs.*'],
  mounts: [{ source: '/data', mode: 'rw' }],
  hosts: ['*.example.com:443'],
  budget: { tokens: 1_000, calls: 50 },
}

let fixture: SchedulerFixture
let scheduler: Controllers
let anna: ReturnType<typeof clientOf>

beforeAll(async () => {
  fixture = await SchedulerFixture.start()
})
afterAll(() => fixture?.stop())
beforeEach(() => {
  scheduler = fixture.controllers()
  anna = clientOf(`t-${newId()}`, { rights: held })
  fixture.hush()
})

/** Has an agent of this configuration run the task; the run and what the registry was asked before. */
async function runWith(taskId: string, config: Partial<AgentConfig>) {
  const [match] = fixture.take(SkillsMatch)
  const ref = { id: newId(), name: 'worker', version: 1, ephemeral: false }
  const agent: AgentSnapshot = { ref, config: agentConfig(config), skills: [] }
  await scheduler.matches.matched({ taskId, match: matchSummary({ agent: ref }), agent }, heard())
  const run = fixture.take(TaskRun)[0]!
  await scheduler.runs.started({ taskId, runId: run.runId }, heard())
  return { match: match!, run }
}

async function submitAndRun(config: Partial<AgentConfig>, request = {}) {
  const { taskId, payload, message } = submission(anna, request)
  await scheduler.tasks.submit(payload, message)
  return runWith(taskId, config)
}

async function delegate({ taskId, runId }: TaskRun, request: Partial<TaskDelegate> = {}) {
  const whole = { taskId, runId, key: newId(), goal: 'Count the lines', ...request }
  await scheduler.delegations.delegate(whole, heard())
  const [delegated] = fixture.take(TaskDelegated)
  if (delegated) return delegated
  throw Object.assign(new Error('refused'), fixture.take(DelegationEnded).at(-1))
}
const refused = (code: string) => ({ state: 'refused', error: { code } })

const greedy: Rights = {
  functions: ['bash', 'fs.read', 'http.fetch'],
  mounts: [
    { source: '/data', mode: 'rw' },
    { source: '/etc', mode: 'ro' },
  ],
  hosts: ['api.example.com:443', 'evil.org:443'],
  budget: { tokens: 5_000 },
}

describe('a submission', () => {
  it('holds what its client holds, or what it asks for of that', async () => {
    const { match, run } = await submitAndRun({ functions: ['bash'] })
    expect(match.rights).toEqual(narrowRights(held, held).granted)
    expect(run.rights.functions).toEqual(['bash'])
    const narrow = await submitAndRun({ functions: ['bash', 'fs.read'] }, { rights: greedy })
    expect(narrow.match.rights).toEqual({
      functions: ['bash', 'fs.read'],
      mounts: [{ source: '/data', mode: 'rw' }],
      hosts: ['api.example.com:443'],
      budget: { tokens: 1_000, calls: 50 },
    })
    expect(narrow.run.rights).toMatchObject({ functions: ['bash', 'fs.read'], hosts: [] })
  })

  it('of a client without rights gets none, and is refused with a folder', async () => {
    anna = clientOf(anna.tenant, { rights: noRights })
    const { match, run } = await submitAndRun({ functions: ['bash'] })
    expect([match.rights, run.rights]).toEqual([noRights, noRights])
    const { payload, message } = submission(anna, { mounts: [{ source: '/data', mode: 'ro' }] })
    await expect(scheduler.tasks.submit(payload, message)).rejects.toMatchObject({ code: 'right-missing' })
  })

  it('shows which agent version each of its runs had', async () => {
    const { run } = await submitAndRun({ functions: ['bash'] })
    const { taskId, runId } = run
    await scheduler.runs.failed({ taskId, runId, code: 'x', message: 'y', retryable: true }, heard())
    const found = await scheduler.tasks.get({ taskId }, asked(anna))
    expect(found.attempts).toMatchObject([
      { number: 1, runId, state: 'failed', agent: run.agent.ref, error: { code: 'x' } },
      { number: 2, state: 'scheduled', agent: run.agent.ref },
    ])
    expect(found.rights).toEqual(held)
  })
})

describe('rights over two delegations', () => {
  it('only narrow: by the agent that hands on, then by what it asks for, and again', async () => {
    const first = await submitAndRun({
      functions: ['bash', 'fs.read'],
      grants: { mounts: [{ source: '/data/in', mode: 'ro' }], hosts: ['*:443'], budget: { tokens: 800 } },
    })
    const child = await delegate(first.run, { rights: greedy })
    const childRights = {
      functions: ['bash', 'fs.read'],
      mounts: [{ source: '/data/in', mode: 'ro' }],
      hosts: ['api.example.com:443'],
      budget: { tokens: 800, calls: 50 },
    }
    expect(child).toMatchObject({ parentTaskId: first.run.taskId, duplicate: false, rights: childRights })
    expect(child.removed).toEqual([
      'function http.fetch',
      'mount /data:rw',
      'mount /etc:ro',
      'host evil.org:443',
      'budget of 5000 tokens (800 are left)',
    ])

    const second = await runWith(child.taskId, { functions: ['fs.read', 'fs.write'], grants: { hosts: [] } })
    expect(second.match.rights).toEqual(childRights)
    expect(second.run.rights).toEqual({ ...childRights, functions: ['fs.read'], hosts: [] })

    const grandchild = await delegate(second.run, { rights: greedy })
    expect(grandchild.rights).toEqual({ ...childRights, functions: ['fs.read'], hosts: [] })
    expect(grandchild.removed).toContain('function bash')
    const third = await runWith(grandchild.taskId, {
      functions: ['bash', 'fs.read'],
      grants: { mounts: [{ source: '/', mode: 'rw' }], hosts: ['*:*'] },
    })
    expect(third.match.rights).toEqual(grandchild.rights)
    expect(third.run.rights).toEqual(grandchild.rights)
    // The settings of this fixture allow two.
    await expect(delegate(third.run)).rejects.toMatchObject(refused('too-deep'))
  })

  it('refuse a folder that the run does not hold, and spend no more in all than the run may', async () => {
    const { run } = await submitAndRun({ functions: ['bash'], grants: { budget: { tokens: 100 } } })
    await expect(delegate(run, { mounts: [{ source: '/etc', mode: 'ro' }] })).rejects.toMatchObject(
      refused('right-missing'),
    )
    const first = await delegate(run, { rights: { budget: { tokens: 30 } }, maxAttempts: 2 })
    const second = await delegate(run, { rights: { budget: { tokens: 90 } } })
    expect([first, second].map(({ rights }) => rights.budget.tokens)).toEqual([30, 40])
    expect((await delegate(run)).rights.budget.tokens).toBe(0)
  })
})

describe('a task that was handed on', () => {
  it('is the same one when its run asks twice, and nobody else’s', async () => {
    const { run } = await submitAndRun({ functions: ['bash'] })
    const [first, again] = [await delegate(run, { key: 'count' }), await delegate(run, { key: 'count' })]
    expect(again).toMatchObject({ taskId: first.taskId, duplicate: true, rights: first.rights })
    expect(first.taskId).toBe(delegatedTaskIdFor(run.runId, 'count'))
    expect(fixture.take(SkillsMatch).map(({ taskId }) => taskId)).toEqual([first.taskId])
    const { waitsFor } = await scheduler.tasks.get({ taskId: run.taskId }, asked(anna))
    expect(waitsFor).toEqual([{ kind: 'task', id: first.taskId }])
    const { task } = await scheduler.tasks.get({ taskId: first.taskId }, asked(anna))
    expect(task).toMatchObject({ parentTaskId: run.taskId, maxAttempts: 1 })
    expect(await fixture.task(first.taskId)).toMatchObject({
      clientId: 'anna',
      tenant: anna.tenant,
      depth: 1,
    })
  })

  it('tells its run how it ended, and charges it with what all of its runs used up', async () => {
    const { run } = await submitAndRun({ functions: ['bash'], grants: { budget: { tokens: 100 } } })
    const { taskId: delegatedTaskId } = await delegate(run, {
      rights: { budget: { tokens: 30 } },
      maxAttempts: 2,
    })
    const child = await runWith(delegatedTaskId, { functions: ['bash'] })
    const used = { tokens: 20, costUsd: 0.5, modelCalls: 2, calls: 3 }
    const ids = { taskId: delegatedTaskId, runId: child.run.runId }
    await scheduler.runs.failed({ ...ids, code: 'x', message: 'y', retryable: true, used }, heard())
    expect(fixture.take(DelegationEnded)).toEqual([])
    const second = { taskId: delegatedTaskId, runId: fixture.take(TaskRun)[0]!.runId }
    const artifact = { name: 'a.txt', path: '/a.txt', sizeBytes: 1, sha256: 'a'.repeat(64) }
    const success = { ...second, result: 'seven', artifacts: [artifact], used: { ...used, tokens: 5 } }
    await scheduler.runs.succeeded(success, heard())
    await scheduler.runs.succeeded(success, heard())
    expect(fixture.takeEnvelopes(DelegationEnded)).toMatchObject([
      {
        header: { subject: run.taskId, tenant: anna.tenant },
        payload: {
          taskId: run.taskId,
          runId: run.runId,
          delegatedTaskId,
          state: 'completed',
          result: 'seven',
          artifacts: [artifact],
          used: { tokens: 25, costUsd: 1, modelCalls: 4, calls: 6 },
        },
      },
    ])
    // Of the 60 that it was given for two attempts 25 are gone.
    expect((await delegate(run)).rights.budget.tokens).toBe(75)
  })

  it('is refused to a run that is over, or to a task that it is no run of', async () => {
    const { run } = await submitAndRun({ functions: ['bash'] })
    const other = await submitAndRun({ functions: ['bash'] })
    const mixed = { ...run, taskId: other.run.taskId }
    await expect(delegate(mixed)).rejects.toMatchObject(refused('run-ended'))
    const { taskId, runId } = run
    await scheduler.runs.succeeded({ taskId, runId, result: '', artifacts: [] }, heard())
    await expect(delegate(run)).rejects.toMatchObject(refused('run-ended'))
  })

  it('stops with the run that handed it on, at every depth', async () => {
    const first = await submitAndRun({ functions: ['bash'] })
    const child = await delegate(first.run)
    const second = await runWith(child.taskId, { functions: ['bash'] })
    const grandchild = await delegate(second.run)
    const waiting = await delegate(first.run)
    fixture.hush()
    const { taskId, runId } = first.run
    await scheduler.runs.failed({ taskId, runId, code: 'x', message: 'y', retryable: true }, heard())
    expect(fixture.take(RunCancel)).toMatchObject([{ runId: second.run.runId }])
    const canceled = fixture.take(TaskCanceled).map((one) => one.taskId)
    expect(canceled.toSorted()).toEqual([grandchild.taskId, waiting.taskId].toSorted())
    expect((await fixture.task(taskId)).state).toBe('scheduled')
  })

  it('stops when somebody cancels the task that it came from', async () => {
    const { run } = await submitAndRun({ functions: ['bash'] })
    const child = await delegate(run)
    fixture.hush()
    await scheduler.tasks.cancel({ taskId: run.taskId, reason: 'enough' }, asked(anna))
    expect(fixture.take(RunCancel)).toMatchObject([{ runId: run.runId, reason: 'enough' }])
    expect(fixture.take(TaskCanceled)).toMatchObject([{ taskId: child.taskId }])
    await expect(delegate(run)).rejects.toMatchObject(refused('run-ended'))
  })
})
