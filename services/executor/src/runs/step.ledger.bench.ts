import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TaskRun } from '@guildhall/contracts'
import { type RunningServer, startRedis } from '@guildhall/local-stack'
import { Database } from '@guildhall/mysql'
import { loadFunctionLibrary, StreamPublisher } from '@guildhall/redis-streams'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { message } from '../executor.fixture.js'
import type { FunctionOutcome } from '../functions/function.outcome.js'
import { RunControl } from './run.control.js'
import { enqueueRun } from './run.enqueueing.js'
import { type ClaimedRun, Run } from './run.entity.js'
import { skill, taskRun } from './run.fixture.js'
import { RunRepository } from './run.repository.js'
import { Step } from './step.entity.js'
import { StepLedger } from './step.ledger.js'

const rounds = 5
const steps = 300
const goalMs = 2
const out = fileURLToPath(new URL('../../../../.guildhall/bench/steps.json', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'steps-bench-'))
let mariadb: TestDatabase
let redis: RunningServer
let publisher: StreamPublisher
let database: Database
let runs: RunRepository

beforeAll(async () => {
  mariadb = await TestDatabase.start('executor')
  redis = await startRedis({ dir: folder })
  const connection = { host: redis.host, port: redis.port, username: 'default', password: '' }
  await loadFunctionLibrary(connection)
  publisher = new StreamPublisher({ connection, shards: ['bench'], service: 'executor' })
  const { host, port, password } = mariadb
  database = await Database.open({
    service: 'executor',
    host,
    port,
    password,
    entities: [Run, Step],
    publisher,
  })
  // Nobody renews it here.
  runs = new RunRepository(database, 'bench', 600_000)
})
afterAll(async () => {
  await database?.close()
  await publisher?.close()
  await redis?.stop()
  await mariadb?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const outcome: FunctionOutcome = {
  ending: 'exited',
  exitCode: 0,
  stdout: 'done\n',
  stderr: '',
  truncated: false,
  tookMs: 0,
}
const effect = (): Promise<FunctionOutcome> => Promise.resolve(outcome)

async function claim(request: TaskRun): Promise<ClaimedRun> {
  const { header } = message('task.run', request.taskId)
  await database.transact((tx) => enqueueRun(tx, request, header))
  const run = await runs.claimNext([])
  if (!run) throw new Error('the run is not there to be taken')
  return run
}

/** Milliseconds of each step, made one after another. */
async function timed(step: (index: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let index = 0; index < steps; index += 1) {
    const from = performance.now()
    await step(index)
    took.push(performance.now() - from)
  }
  return took.sort((a, b) => a - b)
}

const at = (share: number, sorted: readonly number[]): number =>
  sorted[Math.floor(sorted.length * share)] ?? NaN
const p50 = (sorted: readonly number[]): number => at(0.5, sorted)

describe('the ledger of a run', () => {
  it('takes at most so many milliseconds of each step', async () => {
    const perRound: Record<'oneCommit' | 'without' | 'with' | 'p90' | 'p99' | 'cpu' | 'load', number>[] = []
    for (let round = 0; round < rounds; round += 1) {
      const run = await claim(taskRun([skill({})]))
      const ledger = new StepLedger(runs, run, new RunControl(Date.now() + 600_000), [])
      const call = (index: number) =>
        ledger.call(
          {
            name: 'nothing',
            function: 'bash',
            arguments: { command: `echo ${index}` },
            repeatable: false,
            needsConsent: false,
            question: () => Promise.reject(new Error('nobody is asked')),
          },
          effect,
        )
      // What the machine takes for the least that a ledger can do.
      const oneCommit = p50(await timed(() => runs.fenced(run.runId, () => Promise.resolve())))
      const without = p50(await timed(effect))
      const from = process.cpuUsage()
      const withLedger = await timed(call)
      const { user, system } = process.cpuUsage(from)
      await ledger.settle()
      perRound.push({
        oneCommit,
        without,
        with: p50(withLedger),
        p90: at(0.9, withLedger),
        p99: at(0.99, withLedger),
        cpu: (user + system) / 1_000 / steps,
        load: loadavg()[0] ?? 0,
      })
    }
    const overheads = perRound.map((round) => round.with - round.without).sort((a, b) => a - b)
    const figures = { goalMs, p50Ms: p50(overheads), isReached: p50(overheads) <= goalMs, steps, perRound }
    mkdirSync(join(out, '..'), { recursive: true })
    writeFileSync(out, `${JSON.stringify(figures, null, 2)}\n`)
    console.log(JSON.stringify(figures, null, 2))
    expect(await database.manager.countBy(Step, { state: 'done' })).toBe(rounds * steps)
  }, 120_000)
})
