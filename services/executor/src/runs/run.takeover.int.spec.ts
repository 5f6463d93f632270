import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { TestDatabase } from '@guildhall/testing'
import { buildForChildren, startChild } from '../executor.child.fixture.js'
import type { StopAt } from '../executor.child.work.fixture.js'
import { openExecutor, type Said } from '../executor.fixture.js'
import { Run } from './run.entity.js'
import { Step } from './step.entity.js'
import { bashSteps, configFor, endOf, linesOf, makeFolders, skill, taskRun } from './run.fixture.js'

const folders = makeFolders()
const mounts = [{ source: folders.shared, mode: 'rw' as const }]
const leftovers: (() => Promise<void>)[] = []
let server: TestDatabase

beforeAll(async () => {
  await buildForChildren()
  server = await TestDatabase.start('executor')
})
afterEach(async () => {
  for (const end of leftovers.splice(0).reverse()) await end()
})
afterAll(async () => {
  await server?.stop()
  folders.remove()
})

function child(instance: string, stopAt?: StopAt) {
  const { host, port, password } = server
  const orders = { instance, database: { host, port, password }, config: configFor(folders) }
  const started = startChild({ ...orders, ...(stopAt && { stopAt }) })
  leftovers.push(() => started.kill())
  return started
}

/** An executor of this process: takes runs in, and works on them once its loop is started. */
async function successor(instance: string) {
  const said: Said[] = []
  const orders = { instance, database: server, config: configFor(folders) }
  const executor = await openExecutor(orders, (message) => void said.push(message))
  leftovers.push(executor.close)
  return { ...executor, said }
}

const until = <T>(look: () => T | undefined | false) =>
  vi.waitFor(
    () => {
      const found = look()
      if (!found) throw new Error('not yet')
      return found
    },
    { timeout: 20_000, interval: 10 },
  )
const hasSaid = (said: Said[], index: number, state: string) =>
  said.some(({ payload }) => {
    const step = payload['step'] as { index: number; state: string } | undefined
    return step?.index === index && step.state === state
  })

/** Hands a run to an executor process, kills it when `isTime`, and waits for another executor to end the run. */
async function killed(
  request: ReturnType<typeof taskRun>,
  stopAt: StopAt | undefined,
  isTime: (said: Said[]) => boolean,
  instances = ['executor-a', 'executor-a'],
) {
  const next = await successor(instances[1]!)
  await next.run(request)
  const first = child(instances[0]!, stopAt)
  await until(() => isTime(first.said))
  await first.kill()
  const killedAt = Date.now()
  expect(endOf(first.said, request.runId)).toBeUndefined()
  await next.loop.start()
  const end = await until(() => endOf(next.said, request.runId))
  const run = await next.database.manager.findOneByOrFail(Run, { runId: request.runId })
  return { end, run, tookMs: Date.now() - killedAt, said: [...first.said, ...next.said] }
}

describe('a run whose executor is killed', () => {
  const appending = (name: string) =>
    bashSteps(
      `echo first >> /mnt/shared/${name}; echo kept > kept`,
      `echo second >> /mnt/shared/${name}`,
      `cat kept; echo third >> /mnt/shared/${name}`,
    )

  it('goes on between two steps, each effect once, within 10 s', async () => {
    const name = randomUUID()
    const request = taskRun([skill({ steps: appending(name) })], { mounts })
    const { end, run, tookMs, said } = await killed(
      request,
      { index: 1, state: 'finished' },
      (heard) => hasSaid(heard, 1, 'finished'),
      ['executor-a', 'executor-b'],
    )
    expect(end.type, JSON.stringify(end.payload)).toBe('run.succeeded')
    expect(end.payload['result']).toBe('kept')
    expect(linesOf(join(folders.shared, name))).toEqual(['first', 'second', 'third'])
    expect(run).toMatchObject({ restarts: 0, claims: 2 })
    expect(tookMs).toBeLessThan(10_000)
    expect(said.filter(({ type }) => type === 'run.started')).toHaveLength(1)
  })

  it('is taken over at once by the same instance', async () => {
    const name = randomUUID()
    const request = taskRun([skill({ steps: appending(name) })], { mounts })
    const { end, tookMs } = await killed(request, { index: 0, state: 'finished' }, (heard) =>
      hasSaid(heard, 0, 'finished'),
    )
    expect(end.type).toBe('run.succeeded')
    expect(linesOf(join(folders.shared, name))).toEqual(['first', 'second', 'third'])
    expect(tookMs).toBeLessThan(3_000)
  })

  it('begins anew when a call was cut off whose effects stayed in the workspace', async () => {
    const steps = bashSteps('echo 1 >> log', 'echo 2 >> log; sleep 2', 'cat log')
    const request = taskRun([skill({ steps })])
    const { end, run } = await killed(request, undefined, (heard) => hasSaid(heard, 1, 'started'))
    expect(end.payload['result']).toBe('1\n2')
    expect(run).toMatchObject({ state: 'succeeded', restarts: 1, claims: 2 })
  })

  it('repeats a call that only reads', async () => {
    const name = randomUUID()
    const steps = [
      ...bashSteps(`echo first >> /mnt/shared/${name}`),
      { id: 'read', call: 'fs.read', arguments: { path: `/mnt/shared/${name}` } },
    ]
    const request = taskRun([skill({ steps })], { mounts })
    const { end, run } = await killed(request, { index: 1, state: 'started' }, (heard) =>
      hasSaid(heard, 1, 'started'),
    )
    expect(end.payload['result']).toBe('first')
    expect(run.restarts).toBe(0)
  })

  it('is taken from an executor that stands still, which then writes nothing more', async () => {
    const request = taskRun([
      skill({ steps: bashSteps('echo 1 >> log', 'echo 2 >> log; sleep 1', 'cat log') }),
    ])
    const next = await successor('executor-b')
    await next.run(request)
    const stopped = child('executor-a')
    await until(() => hasSaid(stopped.said, 1, 'started'))
    stopped.process.kill('SIGSTOP')
    await next.loop.start()
    const end = await until(() => endOf(next.said, request.runId))
    expect(end.payload['result']).toBe('1\n2')
    const before = await next.database.manager.findBy(Step, { runId: request.runId })
    stopped.process.kill('SIGCONT')
    stopped.process.send('close')
    await until(() => stopped.said.some(({ type }) => type === 'closed'))
    expect(endOf(stopped.said, request.runId)).toBeUndefined()
    expect(hasSaid(stopped.said, 1, 'finished')).toBe(false)
    expect(await next.database.manager.findBy(Step, { runId: request.runId })).toEqual(before)
  })
})
