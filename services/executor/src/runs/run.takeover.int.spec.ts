import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TaskRun } from '@guildhall/contracts'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildForChildren, startChild } from '../executor.child.fixture.js'
import type { StopAt } from '../executor.child.work.fixture.js'
import { openExecutor, type Said } from '../executor.fixture.js'
import { Run } from './run.entity.js'
import {
  bashSteps,
  configFor,
  ended,
  endOf,
  linesOf,
  makeFolders,
  skill,
  taskRun,
  until,
} from './run.fixture.js'
import { Step } from './step.entity.js'

const folders = makeFolders()
const mounts = [{ source: folders.shared, mode: 'rw' as const }]
const config = configFor(folders, { concurrency: 4 })
// What is claimed holds for any lease; with a short one it is seen sooner.
const leaseMs = 2_000
const leftovers: (() => Promise<void>)[] = []
let server: TestDatabase

beforeAll(async () => {
  ;[server] = await Promise.all([TestDatabase.start('executor'), buildForChildren()])
})
afterEach(async () => {
  for (const end of leftovers.splice(0).reverse()) await end()
})
afterAll(async () => {
  await server?.stop()
  folders.remove()
})

function child(instance: string, stopsAt: StopAt[] = []) {
  const { host, port, password } = server
  const started = startChild({ instance, database: { host, port, password }, config, leaseMs, stopsAt })
  leftovers.push(() => started.kill())
  return started
}

/** An executor of this process: takes runs in, and works on them once its loop is started. */
async function successor(instance: string) {
  const said: Said[] = []
  const orders = { instance, database: server, config, leaseMs }
  const executor = await openExecutor(orders, (message) => void said.push(message))
  leftovers.push(executor.close)
  return {
    ...executor,
    said,
    row: (runId: string) => executor.database.manager.findOneByOrFail(Run, { runId }),
  }
}

const appending = (name: string) => [
  ...bashSteps(`echo first >> /mnt/shared/${name}; echo kept > kept`, `echo second >> /mnt/shared/${name}`),
  { id: 'kept', call: 'fs.read', arguments: { path: 'kept' } },
  { id: 'last', call: 'bash', arguments: { command: `cat kept; echo third >> /mnt/shared/${name}` } },
]
const outside = (steps: ReturnType<typeof bashSteps>): TaskRun => taskRun([skill({ steps })], { mounts })
const hasSaid = (said: Said[], { runId }: TaskRun, index: number, state: string) =>
  said.some(({ payload }) => {
    const step = payload['step'] as { index: number; state: string } | undefined
    return payload['runId'] === runId && step?.index === index && step.state === state
  })

describe('runs whose executor is killed', () => {
  it('are gone on with by another one as each of them stood', async () => {
    const names = { between: randomUUID(), reading: randomUUID(), outcome: randomUUID() }
    const runs = {
      // Done, and nothing begun but a call that only reads.
      between: outside(appending(names.between)),
      // In the middle of a call whose effects stay in the workspace.
      inside: taskRun([skill({ steps: bashSteps('echo 1 >> log', 'echo 2 >> log; sleep 5', 'cat log') })]),
      // About to make a call that only reads.
      reading: outside([
        ...bashSteps(`echo first >> /mnt/shared/${names.reading}`),
        { id: 'read', call: 'fs.read', arguments: { path: `/mnt/shared/${names.reading}` } },
      ]),
      // Ended, and nobody has heard of it.
      over: outside(bashSteps(`echo once >> /mnt/shared/${names.outcome}`)),
    }
    const next = await successor('executor-b')
    for (const request of Object.values(runs)) await next.run(request)
    const first = child('executor-a', [
      { runId: runs.between.runId, index: 1, state: 'finished' },
      { runId: runs.reading.runId, index: 1, state: 'started' },
      { runId: runs.over.runId, type: 'run.succeeded' },
    ])
    await first.atStop(runs.between.runId, runs.reading.runId, runs.over.runId)
    await until(() => hasSaid(first.said, runs.inside, 1, 'started'))
    await first.kill()
    const killedAt = Date.now()
    next.database.startSweeper()
    await next.loop.start()

    const between = await ended(next.said, runs.between)
    const tookMs = Date.now() - killedAt
    expect(between.payload).toMatchObject({ result: 'kept' })
    expect(linesOf(join(folders.shared, names.between))).toEqual(['first', 'second', 'third'])
    expect(await next.row(runs.between.runId)).toMatchObject({ restarts: 0, claims: 2 })
    const { runId } = runs.between
    expect(await next.database.manager.findOneByOrFail(Step, { runId, index: 2 })).toMatchObject({ begun: 2 })
    expect(tookMs).toBeLessThan(leaseMs + 4_000)
    expect(next.said.filter(({ type }) => type === 'run.started')).toEqual([])

    expect((await ended(next.said, runs.inside)).payload).toMatchObject({ result: '1\n2' })
    expect(await next.row(runs.inside.runId)).toMatchObject({ restarts: 1, claims: 2 })

    expect((await ended(next.said, runs.reading)).payload).toMatchObject({ result: 'first' })
    expect(await next.row(runs.reading.runId)).toMatchObject({ restarts: 0, claims: 2 })

    expect((await ended(next.said, runs.over)).type).toBe('run.succeeded')
    expect(linesOf(join(folders.shared, names.outcome))).toEqual(['once'])
    expect(await next.row(runs.over.runId)).toMatchObject({ claims: 1 })
  })

  it('are taken over at once by the same instance', async () => {
    const name = randomUUID()
    const request = outside(appending(name))
    const next = await successor('executor-a')
    await next.run(request)
    const first = child('executor-a', [{ runId: request.runId, index: 2, state: 'started' }])
    await first.atStop(request.runId)
    await first.kill()
    const killedAt = Date.now()
    await next.loop.start()
    await until(() => hasSaid(next.said, request, 2, 'started'))
    const tookMs = Date.now() - killedAt
    expect((await ended(next.said, request)).type).toBe('run.succeeded')
    expect(linesOf(join(folders.shared, name))).toEqual(['first', 'second', 'third'])
    expect(tookMs).toBeLessThan(leaseMs)
  })
})

describe('an executor that stands still', () => {
  it('loses its run, and writes nothing more', async () => {
    const request = taskRun([
      skill({ steps: bashSteps('echo 1 >> log', 'echo 2 >> log; sleep 1', 'cat log') }),
    ])
    const next = await successor('executor-b')
    await next.run(request)
    const stopped = child('executor-a')
    await until(() => hasSaid(stopped.said, request, 1, 'started'))
    stopped.process.kill('SIGSTOP')
    await next.loop.start()
    const end = await ended(next.said, request)
    expect(end.payload['result']).toBe('1\n2')
    const before = await next.database.manager.findBy(Step, { runId: request.runId })
    stopped.process.kill('SIGCONT')
    stopped.process.send('close')
    await until(() => stopped.said.some(({ type }) => type === 'closed'))
    expect(endOf(stopped.said, request.runId)).toBeUndefined()
    expect(hasSaid(stopped.said, request, 1, 'finished')).toBe(false)
    expect(await next.database.manager.findBy(Step, { runId: request.runId })).toEqual(before)
  })
})
