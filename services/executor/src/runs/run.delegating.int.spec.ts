import {
  allRights,
  delegatedTaskIdFor,
  type FunctionName,
  nothingUsed,
  type Rights,
  type RunFailed,
  type RunSucceeded,
  type RunUsage,
  type TaskDelegate,
  type TaskRun,
} from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { startModel } from '../runtimes/model.fixture.js'
import { answerTo, asked, asksOf } from './asking.fixture.js'
import { delegated, delegatesOf, endFor, handingOn } from './delegating.fixture.js'
import { type ExecutorHere, useExecutors } from './executors.fixture.js'
import { Run } from './run.entity.js'
import { ended, skill, taskRun, until } from './run.fixture.js'
import { Step } from './step.entity.js'

// On a busy machine a process takes its time to start.
const timeoutMs = 60_000
const { folders, config, mounts, ...executors } = useExecutors({
  config: { concurrency: 1 },
  hasChildren: true,
})

const handing = (args: object = {}, rights: Partial<Rights> = {}, over: Partial<TaskRun> = {}) =>
  handingOn(args, rights, { mounts, ...over })

describe('a task that a run hands on', () => {
  it('is waited for without a slot, with rights that only narrow, and its end is the outcome of the call', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = handing({
      inputs: { folder: 'src' },
      files: [{ name: 'a.txt', content: 'one' }],
      mounts: [{ path: '/mnt/shared/sub', mode: 'ro' }],
      functions: ['fs.*', 'http.fetch', 'state.get'],
      timeoutMs: 600_000,
    })
    await executor.run(request)
    const message = await delegated(executor.said, request)
    expect(message).toMatchObject({
      taskId: request.taskId,
      goal: 'Count the lines',
      inputs: { folder: 'src' },
      files: [{ name: 'a.txt', contentBase64: 'b25l' }],
      mounts: [{ source: `${folders.shared}/sub`, mode: 'ro' }],
      rights: {
        functions: ['fs.*', 'http.fetch'],
        mounts: [{ source: `${folders.shared}/sub`, mode: 'ro' }],
        hosts: [],
        budget: {},
      },
    })
    expect(message.timeoutMs).toBeLessThanOrEqual(request.timeoutMs)
    const other = taskRun([skill({ steps: [{ id: 'a', call: 'fs.list', arguments: { path: '/skills' } }] })])
    await executor.run(other)
    expect((await ended(executor.said, other)).type).toBe('run.succeeded')

    const artifact = { name: 'n.txt', path: '/secret/place', sizeBytes: 1, sha256: 'a'.repeat(64) }
    const end = endFor(message, { result: 'seven', artifacts: [artifact] })
    await executor.delegationEnded(end)
    await executor.delegationEnded({ ...end, result: 'eight' })
    const { type, payload } = await ended(executor.said, request)
    expect(type, JSON.stringify(payload)).toBe('run.succeeded')
    const { path: _, ...shown } = artifact
    expect(JSON.parse(String(payload['result']))).toEqual({
      taskId: end.delegatedTaskId,
      state: 'completed',
      result: 'seven',
      artifacts: [shown],
      notGranted: ['function state.get'],
    })
    await executor.delegationEnded(end)
    expect(delegatesOf(executor.said, request)).toHaveLength(1)
    const starts = executor.said.filter(
      ({ payload: { runId, step } }) =>
        runId === request.runId && (step as { state?: string } | undefined)?.state === 'started',
    )
    expect(starts).toHaveLength(2)
    const run = await executor.database.manager.findOneByOrFail(Run, { runId: request.runId })
    expect(run).toMatchObject({ state: 'succeeded', claims: 1, restarts: 0 })
  })

  it.each([
    ['failed', 'function-failed', /no luck/],
    ['refused', 'call-refused', /no luck/],
  ] as const)('that is %s fails the call', async (state, code, message) => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = handing()
    await executor.run(request)
    const error = { code: 'x', message: 'no luck' }
    await executor.delegationEnded(endFor(await delegated(executor.said, request), { state, error }))
    const end = await ended(executor.said, request)
    expect(end.payload).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('has a share of the run’s budget, and what it used is charged to the run', async () => {
    const executor = await executors.here({
      config: { models: { ...config.models, runBudget: { tokens: 1_000, calls: 9 } } },
    })
    await executor.loop.start()
    const request = handing({ budget: { tokens: 300 } }, { budget: { calls: 10, costUsd: 2 } })
    await executor.run(request)
    const message = await delegated(executor.said, request)
    expect(message.rights?.budget).toEqual({ tokens: 300, costUsd: 1, modelCalls: 4, calls: 4 })
    const used = { tokens: 250, costUsd: 0.5, modelCalls: 3, calls: 8 }
    await executor.delegationEnded(endFor(message, { used }))
    const end = await ended(executor.said, request)
    expect(end).toMatchObject({ type: 'run.succeeded', payload: { used: { ...used, calls: 10 } } })
  })

  it('leaves its run no more calls than the run may make with it', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = handing({}, { budget: { calls: 4 } })
    await executor.run(request)
    const message = await delegated(executor.said, request)
    expect(message.rights?.budget).toEqual({ calls: 1 })
    await executor.delegationEnded(endFor(message, { used: { ...nothingUsed, calls: 3 } }))
    expect((await ended(executor.said, request)).payload).toMatchObject({ code: 'budget-used-up' })
  })

  it('takes of the time of its run, which is over when that is', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = handing({}, {}, { timeoutMs: 2_500 })
    await executor.run(request)
    await delegated(executor.said, request)
    expect((await ended(executor.said, request)).payload).toMatchObject({ code: 'timed-out' })
  })

  it('is no longer waited for when its run is canceled; what it was given counts as used', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = handing({ budget: { tokens: 70 } })
    await executor.run(request)
    const message = await delegated(executor.said, request)
    const { taskId, runId } = request
    await executor.cancel({ taskId, runId, reason: 'enough' })
    const end = await ended(executor.said, request)
    expect(end).toMatchObject({ type: 'run.canceled', payload: { used: { tokens: 70, calls: 1 } } })
    await executor.delegationEnded(endFor(message, { state: 'canceled' }))
  })

  it('is allowed by a person once, where its tier asks for that', async () => {
    const executor = await executors.here({ config: { functionTiers: { 'task.*': 'ask' } } })
    await executor.loop.start()
    const request = handing()
    await executor.run(request)
    const ask = await asked(executor.said, request)
    expect(delegatesOf(executor.said, request)).toEqual([])
    await executor.answer(answerTo(ask))
    await executor.delegationEnded(endFor(await delegated(executor.said, request)))
    expect((await ended(executor.said, request)).type).toBe('run.succeeded')
    expect(asksOf(executor.said, request)).toHaveLength(1)
  })
})

describe('an agent with a model that hands on', () => {
  const modelled = (name: string, functions: FunctionName[], over: Partial<TaskRun> = {}) =>
    taskRun([skill({})], over, { runtime: 'llm', model: name, functions })

  /** Does what the scheduler does, with one agent for every task that is handed on. */
  async function serve(executor: ExecutorHere, message: TaskDelegate) {
    const { goal, runId, key, rights, timeoutMs = 60_000 } = message
    const taskId = delegatedTaskIdFor(runId, key)
    const request = modelled('child', ['fs.list'], {
      taskId,
      goal,
      timeoutMs,
      rights: { ...allRights, ...rights, hosts: [] },
    })
    await executor.run(request)
    const { type, payload } = await ended(executor.said, request)
    const { used, result = '', code = '', message: text = '' } = payload as Partial<RunFailed & RunSucceeded>
    const failed = { state: 'failed' as const, error: { code, message: text } }
    const how = type === 'run.succeeded' ? { state: 'completed' as const, result } : failed
    await executor.delegationEnded(endFor(message, { ...how, used: used! }))
    return { code, used: used! }
  }

  it('has two tasks under way at the same time, and shares its budget with them to the middle of an answer', async () => {
    const endless = 'word '.repeat(20_000)
    const parts = [
      { name: 'task_submit', arguments: { goal: 'First', budget: { tokens: 4_000 } } },
      { name: 'task_submit', arguments: { goal: 'Second' } },
    ]
    const parent = await startModel([parts, endless], { chunkSize: 1_000, latency: 0 })
    const other = await startModel([endless], { chunkSize: 1_000, latency: 0 })
    executors.atEnd(parent.stop)
    executors.atEnd(other.stop)
    const endpoints = [
      { ...parent.endpoint, model: 'parent' },
      { ...other.endpoint, model: 'child' },
    ]
    const executor = await executors.here({ config: { models: { ...config.models, endpoints } } })
    await executor.loop.start()
    const tokens = 30_000
    const request = modelled('parent', ['task.submit'], {
      rights: { ...allRights, hosts: [], budget: { tokens, modelCalls: 6 } },
    })
    await executor.run(request)
    await delegated(executor.said, request, 2)
    const messages = delegatesOf(executor.said, request).toSorted((a, b) => (a.goal < b.goal ? -1 : 1))
    const given = messages.map(({ rights }) => rights?.budget?.tokens ?? Infinity)
    expect(given[0]).toBe(4_000)
    expect(given[0]! + given[1]!).toBeLessThan(tokens)

    const ends = [await serve(executor, messages[0]!), await serve(executor, messages[1]!)]
    // An answer is cut when it has certainly outgrown its share: that much is beyond it.
    ends.forEach(({ code, used }, index) => {
      expect(code).toBe('budget-exhausted')
      expect(used.modelCalls).toBe(1)
      expect(used.tokens).toBeGreaterThan(given[index]! * 0.9)
      expect(used.tokens).toBeLessThan(given[index]! * 1.6)
    })
    const { payload } = await ended(executor.said, request)
    expect(payload).toMatchObject({ code: 'budget-exhausted' })
    const { used } = payload as unknown as { used: RunUsage }
    expect(used).toMatchObject({ modelCalls: 4, calls: 2 })
    expect(used.tokens).toBeGreaterThan(ends[0]!.used.tokens + ends[1]!.used.tokens)
    expect(used.tokens).toBeLessThan(tokens * 1.6)
  })
})

describe('a run that hands on, when its executor is killed', () => {
  it(
    'before that has gone out, hands on once and goes on with its end',
    async () => {
      const next = await executors.here()
      const request = handing()
      await next.run(request)
      const first = executors.child({ stopsAt: [{ runId: request.runId, type: 'task.delegate' }] })
      const { key } = await delegated(first.said, request)
      await first.kill()
      next.database.startSweeper()
      await next.loop.start()
      const message = await delegated(next.said, request)
      expect(message.key).toBe(key)
      await next.delegationEnded(endFor(message, { result: 'seven' }))
      expect((await ended(next.said, request)).type).toBe('run.succeeded')
      const steps = await next.database.manager.findBy(Step, { runId: request.runId })
      expect(steps.map(({ state }) => state)).toEqual(['done', 'done'])
    },
    timeoutMs,
  )

  it(
    'between the end and the next step, goes on with the end',
    async () => {
      const next = await executors.here()
      const request = handing()
      await next.run(request)
      const first = executors.child({ stopsAt: [{ runId: request.runId, index: 1, state: 'started' }] })
      const message = await delegated(first.said, request)
      await next.delegationEnded(endFor(message, { result: 'seven', used: { ...nothingUsed, tokens: 7 } }))
      await until(() =>
        first.said.some(({ payload }) => (payload['step'] as { index?: number })?.index === 1),
      )
      await first.kill()
      // The script had begun a command; with a writable folder a person is asked what to do.
      await next.loop.start()
      expect(await asked(next.said, request)).toMatchObject({ kind: 'unknown-effect' })
      expect(delegatesOf(next.said, request)).toEqual([])
      await next.cancel({ taskId: request.taskId, runId: request.runId, reason: 'enough' })
      const end = await ended(next.said, request)
      expect(end).toMatchObject({ type: 'run.canceled', payload: { used: { tokens: 7 } } })
    },
    timeoutMs,
  )
})
