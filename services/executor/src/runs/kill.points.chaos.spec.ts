import { appendFileSync } from 'node:fs'
import type { ApprovalAsk } from '@guildhall/contracts'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildForChildren, ExecutorChild } from '../executor.child.fixture.js'
import { openExecutor, type Said } from '../executor.fixture.js'
import { startModel } from '../runtimes/model.fixture.js'
import { answerTo } from './asking.fixture.js'
import { readKillPointsConfig } from './kill.points.config.js'
import {
  Choices,
  type CountedRun,
  countedGoal,
  countedRun,
  killPoint,
  kinds,
  midway,
  modelTurns,
} from './kill.points.fixture.js'
import { Run } from './run.entity.js'
import { configFor, endOf, makeFolders, until } from './run.fixture.js'
import { isFinished } from './run.states.js'
import { Step } from './step.entity.js'

const { seed, rounds, kills, resultsFile } = readKillPointsConfig()
const choices = new Choices(seed)
const folders = makeFolders()
const totals = { effects: 0, lost: 0, doubled: 0, gaveUp: 0, asked: 0, kills: 0 }
const points: Record<string, number> = {}
const takeOversMs: number[] = []
const startedAt = Date.now()
// However busy the machine is: what is waited for comes long before that.
const killMs = 90_000
const settleMs = 300_000
let server: TestDatabase
let model: Awaited<ReturnType<typeof startModel>>

/** Of one round: the executor that takes messages in from its beginning, and works on what is left at its end. */
let last: Awaited<ReturnType<typeof openExecutor>>
let runs: CountedRun[]
let children: ExecutorChild[]
let said: Said[]
const claimedAt = new Map<string, number>()
const answered = new Set<string>()

function orders() {
  const { host, port, password } = server
  const models = {
    endpoints: [model.endpoint],
    pricesFile: undefined,
    runBudget: {},
    longConversations: 'summarise' as const,
  }
  return { database: { host, port, password }, config: configFor(folders, { concurrency: 4, models }) }
}

beforeAll(async () => {
  const turns = (request: { messages: unknown }) =>
    modelTurns(/\/mnt\/shared\/[\w-]+/.exec(JSON.stringify(request.messages))?.[0] ?? '')
  ;[server, model] = await Promise.all([
    TestDatabase.start('executor'),
    startModel(turns),
    buildForChildren(),
  ])
})
beforeEach(async () => {
  runs = []
  children = []
  said = []
  last = await openExecutor({ instance: 'executor-a', ...orders() }, (message) => void said.push(message), {
    onClaimed: async ({ runId }) => void claimedAt.set(runId, Date.now()),
  })
})
afterEach(async () => {
  for (const child of children) await child.kill()
  await last?.close()
})
afterAll(async () => {
  await model?.stop()
  await server?.stop()
  folders.remove()
  const result = { story: 'kill points', seed, ...totals, tookMs: Date.now() - startedAt }
  if (resultsFile) appendFileSync(resultsFile, `${JSON.stringify({ ...result, notes: [] })}\n`)
  const where = Object.entries(points).map(([name, times]) => `${name} ${times}`)
  console.log(
    `kill points: ${totals.lost} lost, ${totals.doubled} doubled of ${totals.effects} effects; ${totals.kills} kills ` +
      `(${where.join(', ')}); ${totals.asked} asked about, ${totals.gaveUp} runs given up; taken over from another ` +
      `executor after ${takeOversMs.join(', ')} ms; ${(result.tookMs / 1_000).toFixed(1)} s, seed ${seed}`,
  )
})

const heard = () => [...children.flatMap((child) => child.said), ...said]
const rowOf = ({ request: { runId } }: CountedRun) => last.database.manager.findOneByOrFail(Run, { runId })

/** A person looks what is there, and has done again what is not. */
async function answerAll(): Promise<void> {
  for (const { type, payload } of heard()) {
    if (type !== 'approval.ask') continue
    const ask = payload as unknown as ApprovalAsk
    const run = runs.find(({ request }) => request.taskId === ask.taskId)
    if (!run || answered.has(ask.askId)) continue
    answered.add(ask.askId)
    totals.asked += 1
    expect(ask.kind).toBe('unknown-effect')
    const { arguments: args } = ask.subject as { arguments: { command: string; args?: string[] } }
    const line = args.args?.[0] ?? / ([abc]) >>/.exec(args.command)?.[1] ?? ''
    await last.answer(answerTo(ask, { answer: run.done(undefined).includes(line) ? 'skip' : 'retry' }))
  }
}

/** Has the child work on one more run, up to where it is to be killed. */
async function workUpTo(
  number: string,
  instance: string,
  child: ExecutorChild,
  isLast: boolean,
): Promise<CountedRun> {
  const earlier = runs.at(-1)
  const run = countedRun(isLast ? 'outside' : choices.among(`${number} kind`, kinds), folders)
  runs.push(run)
  await last.run(run.request)
  const isOpen = earlier !== undefined && (await rowOf(earlier)).state === 'running'
  const { stop, name } = isLast
    ? midway(run)
    : killPoint(choices, number, run, isOpen ? earlier.request.runId : undefined)
  points[name] = (points[name] ?? 0) + 1
  child.begin({ instance, ...orders(), stopsAt: [stop] })
  await child.atStop(stop.runId)
  return run
}

async function untilAllEnded(): Promise<void> {
  const untilMs = Date.now() + settleMs
  for (const run of runs) {
    while (!isFinished((await rowOf(run)).state) || !endOf(heard(), run.request.runId)) {
      expect(Date.now(), `${run.kind} ${run.request.runId} goes on and on`).toBeLessThan(untilMs)
      await answerAll()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function count(run: CountedRun): Promise<void> {
  const { state, errorCode } = await rowOf(run)
  const done = run.done(endOf(heard(), run.request.runId)?.payload['result'])
  totals.effects += run.effects.length
  totals.doubled += done.length - new Set(done).size
  if (state !== 'succeeded') {
    totals.gaveUp += 1
    // It goes no further when executors die with it again and again.
    return expect(['restarted-too-often', 'executor-failed']).toContain(errorCode)
  }
  totals.lost += run.effects.filter((effect) => !done.includes(effect)).length
  if (run.kind === 'model') await expectTurnsOnce(run)
}

/** What the model said is on record, and it was asked no more often than the record says that it may have been. */
async function expectTurnsOnce({ request: { runId } }: CountedRun): Promise<void> {
  const turns = await last.database.manager.findBy(Step, { runId, kind: 'model-turn' })
  // Not by the id alone: others see it in the folder that they share.
  const goal = countedGoal(runId)
  const requests = model.requests.filter((request) => JSON.stringify(request.messages).includes(goal))
  expect(turns).toHaveLength(3)
  expect(requests.length).toBeLessThanOrEqual(turns.reduce((sum, { begun }) => sum + begun, 0))
}

describe('executors that are killed wherever they stand', () => {
  it.each(Array.from({ length: rounds }, (_, round) => round))(
    'have each effect once, or have a person asked about it (round %i)',
    async (round) => {
      let standby = new ExecutorChild()
      for (let kill = 0; kill < kills; kill += 1) {
        const child = standby
        children.push(child)
        const isLast = kill === kills - 1
        if (!isLast) standby = new ExecutorChild()
        // Now and then one whose lease has to run out; else one that comes back.
        const instance = isLast || kill % 5 === 1 ? 'executor-b' : 'executor-a'
        const run = await workUpTo(`${round} ${kill}`, instance, child, isLast)
        if (isLast) await last.loop.start()
        await child.kill()
        const killedAt = Date.now()
        totals.kills += 1
        // It may have been taken in without being acknowledged: then it comes again.
        await last.run(run.request)
        await answerAll()
        if (!isLast) continue
        const { runId } = run.request
        await until(() => (claimedAt.get(runId) ?? 0) > killedAt, killMs)
        takeOversMs.push(claimedAt.get(runId)! - killedAt)
      }
      last.database.startSweeper()
      await untilAllEnded()
      for (const run of runs) await count(run)
      expect(totals).toMatchObject({ lost: 0, doubled: 0 })
      expect(Math.max(...takeOversMs)).toBeLessThan(10_000)
    },
    kills * killMs + settleMs + 60_000,
  )
})
