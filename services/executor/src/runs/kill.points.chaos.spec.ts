import { appendFileSync } from 'node:fs'
import type { ApprovalAsk } from '@guildhall/contracts'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildForChildren, ExecutorChild } from '../executor.child.fixture.js'
import { openExecutor, type Said } from '../executor.fixture.js'
import { startModel } from '../runtimes/model.fixture.js'
import { answerTo } from './asking.fixture.js'
import { readKillPointsConfig } from './kill.points.config.js'
import {
  Choices,
  type CountedRun,
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

const { seed, kills, resultsFile } = readKillPointsConfig()
const choices = new Choices(seed)
const folders = makeFolders()
const said: Said[] = []
const runs: CountedRun[] = []
const answered = new Set<string>()
let server: TestDatabase
let model: Awaited<ReturnType<typeof startModel>>
/** Takes messages in from the beginning, and works on runs at the end. */
let last: Awaited<ReturnType<typeof openExecutor>>
const claimedAt = new Map<string, number>()
const children: ExecutorChild[] = []

const orders = () => {
  const { host, port, password } = server
  const models = { endpoints: [model.endpoint], pricesFile: undefined, runBudget: {} }
  const config = configFor(folders, { concurrency: 3, models })
  return { database: { host, port, password }, config }
}

beforeAll(async () => {
  const turns = (request: { messages: { role: string; content?: unknown }[] }) =>
    modelTurns(/\/mnt\/shared\/[\w-]+/.exec(JSON.stringify(request.messages))?.[0] ?? '')
  ;[server, model] = await Promise.all([
    TestDatabase.start('executor'),
    startModel(turns),
    buildForChildren(),
  ])
  last = await openExecutor({ instance: 'executor-a', ...orders() }, (message) => void said.push(message), {
    onClaimed: async ({ runId }) => void claimedAt.set(runId, Date.now()),
  })
})
afterAll(async () => {
  for (const child of children) await child.kill()
  await last?.close()
  await model?.stop()
  await server?.stop()
  folders.remove()
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
    expect(ask.kind).toBe('unknown-effect')
    const { arguments: args } = ask.subject as { arguments: { command: string; args?: string[] } }
    const line = args.args?.[0] ?? / ([abc]) >>/.exec(args.command)?.[1] ?? ''
    await last.answer(answerTo(ask, { answer: run.done(undefined).includes(line) ? 'skip' : 'retry' }))
  }
}

async function begin(
  number: number,
  instance: string,
  child: ExecutorChild,
  earlier: CountedRun | undefined,
) {
  const isLast = number === kills - 1
  const run = countedRun(isLast ? 'outside' : choices.among(`${number} kind`, kinds), folders)
  runs.push(run)
  await last.run(run.request)
  const isTaken = earlier !== undefined && (await rowOf(earlier)).state === 'running'
  const point = isLast
    ? midway(run)
    : killPoint(choices, number, run, isTaken ? earlier.request.runId : undefined)
  child.begin({ instance, ...orders(), stopsAt: [point.stop] })
  await child.atStop(point.stop.runId)
  return { run, ...point }
}

describe('an executor that is killed wherever it stands', () => {
  it(
    'has each effect once, or has a person asked about it',
    async () => {
      const startedAt = Date.now()
      const names: Record<string, number> = {}
      let earlier: CountedRun | undefined
      let tookMs = Infinity
      let standby = new ExecutorChild()
      for (let number = 0; number < kills; number += 1) {
        const child = standby
        children.push(child)
        const isLast = number === kills - 1
        if (!isLast) standby = new ExecutorChild()
        // Now and then one whose lease has to run out; else one that comes back.
        const instance = isLast || number % 5 === 1 ? 'executor-b' : 'executor-a'
        const { run, name } = await begin(number, instance, child, earlier)
        if (isLast) await last.loop.start()
        await child.kill()
        const killedAt = Date.now()
        names[name] = (names[name] ?? 0) + 1
        // It may have been taken in without being acknowledged: then it comes again.
        await last.run(run.request)
        await answerAll()
        earlier = run
        if (isLast) {
          await until(() => (claimedAt.get(run.request.runId) ?? 0) > killedAt)
          tookMs = claimedAt.get(run.request.runId)! - killedAt
        }
      }
      last.database.startSweeper()
      for (const run of runs) {
        const untilMs = Date.now() + 60_000
        for (;;) {
          if (isFinished((await rowOf(run)).state) && endOf(heard(), run.request.runId)) break
          expect(Date.now(), `${run.kind} ${run.request.runId} goes on and on`).toBeLessThan(untilMs)
          await answerAll()
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      }
      const counts = { effects: 0, lost: 0, doubled: 0, gaveUp: 0 }
      for (const run of runs) {
        const { state, errorCode } = await rowOf(run)
        const end = endOf(heard(), run.request.runId)
        const done = run.done(end?.payload['result'])
        counts.effects += run.effects.length
        counts.doubled += done.length - new Set(done).size
        if (state === 'succeeded')
          counts.lost += run.effects.filter((effect) => !done.includes(effect)).length
        else {
          counts.gaveUp += 1
          // It goes no further when executors die with it again and again.
          expect(['restarted-too-often', 'executor-failed']).toContain(errorCode)
        }
        if (run.kind === 'model' && state === 'succeeded') await expectTurnsOnce(run)
      }
      const result = {
        story: 'kill points',
        seed,
        kills,
        asked: answered.size,
        ...counts,
        tookMs: Date.now() - startedAt,
      }
      if (resultsFile) appendFileSync(resultsFile, `${JSON.stringify({ ...result, notes: [] })}\n`)
      console.log(
        `kill points: ${counts.lost} lost, ${counts.doubled} doubled of ${counts.effects} effects; ${kills} kills ` +
          `(${Object.entries(names)
            .map(([name, times]) => `${name} ${times}`)
            .join(', ')}); ${answered.size} asked about, ` +
          `${counts.gaveUp} runs given up; taken over ${tookMs} ms after the kill; ${result.tookMs} ms, seed ${seed}`,
      )
      expect(counts).toMatchObject({ lost: 0, doubled: 0 })
      expect(tookMs).toBeLessThan(10_000)
    },
    kills * 15_000 + 120_000,
  )
})

/** What the model said is on record, and it was asked no more often than the record says that it may have been. */
async function expectTurnsOnce({ request: { runId } }: CountedRun): Promise<void> {
  const turns = await last.database.manager.findBy(Step, { runId, kind: 'model-turn' })
  const requests = model.requests.filter((request) => JSON.stringify(request.messages).includes(runId))
  expect(turns).toHaveLength(3)
  expect(requests.length).toBeLessThanOrEqual(turns.reduce((sum, { begun }) => sum + begun, 0))
}
