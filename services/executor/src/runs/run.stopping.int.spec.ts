import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TestDatabase } from '@guildhall/testing'
import { openExecutor, type Said } from '../executor.fixture.js'
import { Run } from './run.entity.js'
import { bashSteps, configFor, endOf, makeFolders, skill, taskRun } from './run.fixture.js'

const folders = makeFolders()
const said: Said[] = []
let server: TestDatabase
let executor: Awaited<ReturnType<typeof openExecutor>>

beforeAll(async () => {
  server = await TestDatabase.start('executor')
  const orders = { instance: 'executor-1', database: server, config: configFor(folders) }
  executor = await openExecutor(orders, (message) => void said.push(message))
  await executor.loop.start()
})

afterAll(async () => {
  await executor?.close()
  await server?.stop()
  folders.remove()
})

const ended = (runId: string) =>
  vi.waitFor(() => endOf(said, runId) ?? Promise.reject(new Error('the run has not ended')), {
    timeout: 15_000,
    interval: 20,
  })
const typesOf = (runId: string) =>
  said.filter(({ payload }) => payload['runId'] === runId).map(({ type }) => type)

async function outcomeOf(request: ReturnType<typeof taskRun>) {
  await executor.run(request)
  return ended(request.runId)
}

describe('stopping a run', () => {
  const endless = (marker: string) =>
    bashSteps(`sleep ${marker} & setsid sleep ${marker} & echo up > /mnt/shared/${marker}; wait`)
  const alive = (marker: string) =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(marker)
      } catch {
        return false
      }
    })
  const running = (marker: string) =>
    vi.waitFor(() => expect(existsSync(join(folders.shared, marker))).toBe(true), {
      timeout: 10_000,
      interval: 20,
    })
  const mounts = [{ source: folders.shared, mode: 'rw' as const }]

  it('cancels a running one when its whole process tree is dead', async () => {
    const marker = '300000001'
    const request = taskRun([skill({ steps: endless(marker) })], { mounts })
    await executor.run(request)
    await running(marker)
    expect(alive(marker)).not.toEqual([])
    const { taskId, runId } = request
    await executor.cancel({ taskId, runId, reason: 'enough' })
    const end = await ended(runId)
    expect(alive(marker)).toEqual([])
    expect(end.type).toBe('run.canceled')
    await executor.cancel({ taskId, runId, reason: 'again' })
    expect(typesOf(runId).filter((type) => type === 'run.canceled')).toHaveLength(1)
  })

  it('cancels one that another executor works on', async () => {
    const marker = '300000002'
    const request = taskRun([skill({ steps: endless(marker) })], { mounts })
    await executor.run(request)
    await running(marker)
    const config = configFor(folders)
    const other = await openExecutor({ instance: 'executor-2', database: server, config }, () => undefined)
    const at = Date.now()
    await other.cancel({ taskId: request.taskId, runId: request.runId, reason: 'from afar' })
    const end = await ended(request.runId)
    expect(end.type).toBe('run.canceled')
    expect(Date.now() - at).toBeLessThan(2_500)
    await other.close()
  })

  it('cancels a queued one at once, and one whose task.run is still on the way', async () => {
    const queued = taskRun([skill({ steps: bashSteps('true') })])
    const late = taskRun([skill({ steps: bashSteps('true') })])
    const heard: Said[] = []
    const orders = { instance: 'executor-3', database: server, config: configFor(folders) }
    const idle = await openExecutor(orders, (message) => void heard.push(message))
    // Without its task.run no loop takes it, so it stays queued for as long as the test needs.
    await idle.database.transact(async (tx) => {
      await tx.manager.insert(Run, {
        runId: queued.runId,
        taskId: queued.taskId,
        state: 'queued',
        request: null,
        origin: { tenant: 'local' },
        claims: 0,
        restarts: 0,
        createdAt: new Date(Date.now() + 3_600_000),
      })
    })
    await idle.cancel({ taskId: queued.taskId, runId: queued.runId, reason: 'early' })
    await idle.cancel({ taskId: late.taskId, runId: late.runId, reason: 'too early' })
    await executor.run(late)
    expect(heard.map(({ type, payload }) => [type, payload['runId']])).toEqual([
      ['run.canceled', queued.runId],
      ['run.canceled', late.runId],
    ])
    expect(await executor.database.manager.findOneBy(Run, { runId: late.runId })).toMatchObject({
      state: 'canceled',
      claims: 0,
    })
    await idle.close()
  })

  it('ends one at its time, its process tree with it', async () => {
    const marker = '300000003'
    const request = taskRun([skill({ steps: endless(marker) })], { mounts, timeoutMs: 1_500 })
    const at = Date.now()
    const end = await outcomeOf(request)
    expect(alive(marker)).toEqual([])
    expect(end.payload).toMatchObject({ code: 'timed-out', retryable: false })
    expect(Date.now() - at).toBeLessThan(4_000)
  })

  it('hands a run over at a shutdown, to be gone on with after the call that was running', async () => {
    const name = randomUUID()
    const steps = bashSteps(`echo a >> /mnt/shared/${name}; sleep 0.3`, `echo b >> /mnt/shared/${name}`)
    const heard: Said[] = []
    const own = { mounts, timeoutMs: 60_000 }
    const request = taskRun([skill({ steps })], own)
    await executor.loop.stop()
    const orders = {
      instance: 'executor-4',
      database: server,
      config: configFor(folders, { drainMs: 5_000 }),
    }
    const leaving = await openExecutor(orders, (message) => void heard.push(message))
    await leaving.loop.start()
    await leaving.run(request)
    await running(name)
    await leaving.close()
    expect(endOf(heard, request.runId)).toBeUndefined()
    const next = await openExecutor(
      { ...orders, instance: 'executor-5' },
      (message) => void said.push(message),
    )
    await next.loop.start()
    const end = await ended(request.runId)
    expect(end.type, JSON.stringify(end.payload)).toBe('run.succeeded')
    expect(readFileSync(join(folders.shared, name), 'utf8')).toBe('a\nb\n')
    await next.close()
  })
})
