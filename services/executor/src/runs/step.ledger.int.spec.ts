import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskRun } from '@guildhall/contracts'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildForChildren, startChild } from '../executor.child.fixture.js'
import { openExecutor, type Said } from '../executor.fixture.js'
import { type ScriptedTurn, startModel } from '../runtimes/model.fixture.js'
import { InvalidArgumentsError } from '../functions/function.definition.js'
import { leftOut, notPermitted } from '../functions/function.outcome.js'
import { answerTo, asked } from './asking.fixture.js'
import type { StepWork } from './function.step.js'
import { RunControl } from './run.control.js'
import { Run } from './run.entity.js'
import { configFor, ended, makeFolders, skill, taskRun } from './run.fixture.js'
import { RunRepository } from './run.repository.js'
import { Step } from './step.entity.js'
import { StepLedger } from './step.ledger.js'

const folders = makeFolders()
const said: Said[] = []
let server: TestDatabase
let model: Awaited<ReturnType<typeof startModel>>
let orders: Parameters<typeof openExecutor>[0]
let executor: Awaited<ReturnType<typeof openExecutor>>

const read = (name: string) => ({ name: 'fs_read', arguments: { path: `/mnt/readable/${name}` } })
const list = { name: 'fs_list', arguments: { path: '/mnt/readable' } }
/** By the goal of the run. */
const turns: Record<string, ScriptedTurn[]> = {
  'say it': ['said'],
  'read both': [[{ name: 'nothing', arguments: {} }, read('a'), read('b')], 'read'],
  'ask in between': [[list, read('a'), list], 'allowed'],
}

beforeAll(async () => {
  for (const name of ['a', 'b']) writeFileSync(join(folders.readable, name), `in ${name}`)
  const turnsOf = (request: { messages: unknown }) => {
    const messages = JSON.stringify(request.messages)
    return Object.entries(turns).find(([goal]) => messages.includes(goal))?.[1] ?? []
  }
  ;[server, model] = await Promise.all([
    TestDatabase.start('executor'),
    startModel(turnsOf),
    buildForChildren(),
  ])
  const { host, port, password } = server
  const models = {
    endpoints: [model.endpoint],
    pricesFile: undefined,
    runBudget: {},
    longConversations: 'summarise' as const,
  }
  const config = configFor(folders, { models })
  orders = { instance: 'executor-1', database: { host, port, password }, config }
  executor = await openExecutor(orders, (message) => void said.push(message))
})
afterAll(async () => {
  await executor?.close()
  await model?.stop()
  await server?.stop()
  folders.remove()
})

function request(goal: string, configuration: Record<string, unknown> = {}): TaskRun {
  return taskRun(
    [skill({})],
    { goal, mounts: [{ source: folders.readable, mode: 'ro' }] },
    { runtime: 'llm', functions: ['fs.read', 'fs.list'], configuration },
  )
}
const stepsOf = async ({ runId }: TaskRun) => {
  const steps = await executor.database.manager.find(Step, { where: { runId }, order: { index: 'ASC' } })
  return steps.map(({ index, name, state, begun }) => ({ index, name, state, begun }))
}
const asks = (goal: string) =>
  model.requests.filter((one) => JSON.stringify(one.messages).includes(goal)).length

let started: Promise<void> | undefined
const startHere = () => (started ??= executor.loop.start())

/** A run that is this test's to work on. */
async function claimedRun() {
  const run = taskRun([skill({})])
  await executor.run(run)
  const runs = new RunRepository(executor.database, 'executor-2')
  const claimed = await runs.claimNext([])
  expect(claimed?.runId).toBe(run.runId)
  const control = new RunControl(Date.now() + 60_000)
  return { run, control, ledger: new StepLedger(runs, claimed!, control, []) }
}

describe('a call that cannot be made as it is', () => {
  it('is on record, and others are made', async () => {
    const { run, ledger } = await claimedRun()
    const call = (name: string, work: StepWork) => {
      const question = () => Promise.reject(new Error('nobody is asked'))
      return ledger.call(
        { name, function: name, arguments: {}, repeatable: true, needsConsent: false, question },
        work,
      )
    }
    const refused = call('state.set', () => Promise.reject(new InvalidArgumentsError('no such key')))
    const made = call('state.get', () => Promise.resolve(leftOut))
    await expect(refused).rejects.toThrow('no such key')
    expect(await made).toBe(leftOut)
    await ledger.settle()
    const steps = await executor.database.manager.find(Step, {
      where: { runId: run.runId },
      order: { index: 'ASC' },
    })
    expect(steps).toMatchObject([
      { name: 'state.set', state: 'done', outcome: { refused: true, stderr: 'no such key' } },
      { name: 'state.get', state: 'done', outcome: { ending: 'left-out' } },
    ])
  })
})

describe('a call that finds its tool changed', () => {
  const changed = { digest: 'd'.repeat(64), differs: { description: { registered: 'Adds', now: 'Takes' } } }

  it('is asked about when nothing is under way any more, and made as it was allowed', async () => {
    const { run, ledger } = await claimedRun()
    const made: string[] = []
    const call = (name: string, on: StepLedger, work: StepWork) => {
      const question = (_: unknown, change: unknown) =>
        Promise.resolve({
          kind: 'function-call' as const,
          question: 'so?',
          subject: { change },
          files: [],
          risk: 'high' as const,
        })
      const step = { name, function: name, arguments: {}, repeatable: true, needsConsent: false, question }
      return on.call(step, async (index, allowed) => {
        const outcome = await work(index, allowed)
        made.push(`${name} ${allowed?.digest.slice(0, 1) ?? 'unasked'} ${outcome.ending}`)
        return outcome
      })
    }
    const add: StepWork = async (_, allowed) => (allowed ? leftOut : { ...notPermitted('changed'), changed })
    const both = [
      call('mcp.own.add', ledger, add),
      call('fs.read', ledger, () => new Promise((resolve) => setTimeout(resolve, 50, leftOut))),
    ]
    const waiting = { name: 'RunInterrupted', reason: 'waiting' }
    await expect(both[0]).rejects.toMatchObject(waiting)
    expect(await both[1]).toBe(leftOut)
    expect(made).toEqual(['mcp.own.add unasked refused', 'fs.read unasked left-out'])
    const ask = await asked(said, run)
    expect(ask.subject).toEqual({ change: changed })

    await executor.answer(answerTo(ask))
    const runs = new RunRepository(executor.database, 'executor-2')
    const again = await runs.claimNext([])
    const recorded = await executor.database.manager.findBy(Step, { runId: run.runId })
    expect(recorded.map(({ state }) => state).sort()).toEqual(['asking', 'done'])
    const next = new StepLedger(runs, again!, new RunControl(Date.now() + 60_000), recorded)
    // Having changed once more, it is not made.
    const twice: StepWork = async () => ({ ...notPermitted('changed again'), changed })
    expect(await call('mcp.own.add', next, twice)).toMatchObject({
      ending: 'refused',
      stderr: 'changed again',
    })
    expect(made.at(-1)).toBe('mcp.own.add d refused')
    await next.settle()
    expect(await runs.claimNext([])).toBeUndefined()
  })
})

describe('an intent that waited for the database for longer than the lease lasts', () => {
  it('is taken back, since nothing has been done and nobody else could know', async () => {
    const { run, control, ledger } = await claimedRun()
    const lock = Promise.withResolvers<void>()
    const isLocked = Promise.withResolvers<void>()
    const holding = executor.database.transact(async (tx) => {
      await tx.manager.query('SELECT run_id FROM runs WHERE run_id = ? FOR UPDATE', [run.runId])
      isLocked.resolve()
      await lock.promise
    })
    await isLocked.promise
    let isMade = false
    const question = () => Promise.reject(new Error('nobody is asked'))
    const call = ledger.call(
      { name: 'pay', function: 'bash', arguments: {}, repeatable: false, needsConsent: false, question },
      () => {
        isMade = true
        return Promise.resolve(leftOut)
      },
    )
    const refused = expect(call).rejects.toMatchObject({ name: 'RunInterrupted', reason: 'lease-lost' })
    control.interrupt('lease-lost')
    lock.resolve()
    await Promise.all([holding, refused])
    await ledger.settle()
    expect([isMade, await stepsOf(run)]).toEqual([false, []])
  })
})

// While the loop of this process is not started: the other one is to take the runs.
describe('an executor that is killed', () => {
  it('leaves turns and calls on record that may have been made; its successor makes them again, and says so', async () => {
    const turn = request('say it')
    const calls = request('read both')
    for (const run of [turn, calls]) await executor.run(run)
    const first = startChild({
      ...orders,
      stopsAt: [
        { runId: turn.runId, write: 0, side: 'after' },
        { runId: calls.runId, index: 2, state: 'started' },
      ],
    })
    await first.atStop(turn.runId, calls.runId).finally(() => first.kill())

    expect(await stepsOf(turn)).toEqual([{ index: 0, name: 'model', state: 'intent', begun: 1 }])
    expect(asks('say it')).toBe(0)
    expect(await stepsOf(calls), 'both are under way').toEqual([
      { index: 0, name: 'double', state: 'done', begun: 1 },
      { index: 2, name: 'fs.read', state: 'intent', begun: 1 },
      { index: 3, name: 'fs.read', state: 'intent', begun: 1 },
    ])

    await startHere()
    expect((await ended(said, turn)).payload).toMatchObject({ result: 'said' })
    expect(await stepsOf(turn)).toEqual([{ index: 0, name: 'double', state: 'done', begun: 2 }])
    const reports = said.flatMap(({ payload }) => (payload['runId'] === turn.runId && payload['step']) || [])
    expect(reports).toMatchObject([
      { state: 'started', output: expect.stringMatching(/may have been paid for/) },
      { state: 'finished', output: 'said' },
    ])
    const { modelBudget } = await executor.database.manager.findOneByOrFail(Run, { runId: turn.runId })
    expect(modelBudget?.spent.calls, 'the request that may have been made counts').toBe(2)

    expect((await ended(said, calls)).payload).toMatchObject({ result: 'read' })
    expect(await stepsOf(calls)).toEqual([
      { index: 0, name: 'double', state: 'done', begun: 1 },
      { index: 2, name: 'fs.read', state: 'done', begun: 2 },
      { index: 3, name: 'fs.read', state: 'done', begun: 2 },
      { index: 4, name: 'double', state: 'done', begun: 1 },
    ])
    expect(asks('read both')).toBe(2)
  }, 60_000)
})

describe('calls of one turn', () => {
  it('wait for one that a person has to allow, and are made once', async () => {
    await startHere()
    const run = request('ask in between', { tiers: { 'fs.read': 'ask' } })
    await executor.run(run)
    const ask = await asked(said, run)
    const states = async () => (await stepsOf(run)).map(({ index, state }) => `${index} ${state}`)
    expect(await states()).toEqual(['0 done', '1 done', '2 asking'])
    await executor.answer(answerTo(ask))
    expect((await ended(said, run)).payload).toMatchObject({ result: 'allowed' })
    expect(await states()).toEqual(['0 done', '1 done', '2 done', '3 done', '4 done'])
    expect((await stepsOf(run)).map(({ begun }) => begun)).toEqual([1, 1, 1, 1, 1])
    const told = model.requests
      .at(-1)
      ?.messages.flatMap(({ role, content }) => (role === 'tool' ? [content as string] : []))
    expect(told).toMatchObject([/\ba\b/, /in a/, /\ba\b/].map((text) => expect.stringMatching(text)))
  })
})
