import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentRef, SkillStep } from '@guildhall/contracts'
import { type RunningServer, startRedis } from '@guildhall/local-stack'
import { HotStore } from '@guildhall/redis-streams'
import { TestDatabase } from '@guildhall/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openExecutor, type Said } from '../executor.fixture.js'
import { Run } from '../runs/run.entity.js'
import { configFor, endOf, makeFolders, skill, taskRun } from '../runs/run.fixture.js'
import { Step } from '../runs/step.entity.js'
import { AgentState } from './agent.state.js'
import { AgentStateKey } from './agent-state-key.entity.js'

const folders = makeFolders()
const dir = mkdtempSync(join(tmpdir(), 'agent-state-redis-'))
const said: Said[] = []
let server: TestDatabase
let redisServer: RunningServer
let redis: Redis
let hot: HotStore
let executor: Awaited<ReturnType<typeof openExecutor>>

beforeAll(async () => {
  ;[server, redisServer] = await Promise.all([TestDatabase.start('executor'), startRedis({ dir })])
  const { host, port } = redisServer
  redis = new Redis({ host, port })
  await redis.acl('SETUSER', 'executor', 'on', '>secret', '~*', '+@all')
  const connection = { host, port, username: 'executor', password: 'secret' }
  hot = new HotStore({ connection, shards: ['main'], service: 'executor' })
  const orders = { instance: 'executor-a', database: server, config: configFor(folders), redis: connection }
  executor = await openExecutor(orders, (message) => void said.push(message))
})
afterAll(async () => {
  await executor?.close()
  await hot?.close()
  redis?.disconnect()
  await Promise.all([server?.stop(), redisServer?.stop()])
  rmSync(dir, { recursive: true, force: true })
  folders.remove()
})

const ref = (over: Partial<AgentRef> = {}): AgentRef => ({
  id: randomUUID(),
  name: 'clerk',
  version: 1,
  ephemeral: false,
  ...over,
})
const stateOf = (tenant: string, agent: AgentRef) =>
  new AgentState({ tenant, agent, hot, database: executor.database })

describe('the state of an agent', () => {
  let tenant: string
  beforeEach(() => {
    tenant = `t-${randomUUID().slice(0, 8)}`
  })

  it('is the same for every version of the agent, and nobody else’s', async () => {
    await stateOf(tenant, ref()).set('seen', { id: 7 }, { persist: true })
    expect(await stateOf(tenant, ref({ version: 2 })).read('seen')).toMatchObject({ value: { id: 7 } })
    const hired = ref({ ephemeral: true })
    const others = [
      stateOf(tenant, ref({ name: 'other' })),
      stateOf('t-other', ref()),
      stateOf(tenant, hired),
      stateOf(tenant, ref({ ...hired, id: randomUUID() })),
    ]
    for (const other of others) expect(await other.read('seen')).toBeUndefined()
    await Promise.all(others.map((other) => other.forget('seen')))
    expect(await stateOf(tenant, ref()).read('seen')).toMatchObject({ value: { id: 7 } })
  })

  it('outlives Redis where it is persisted, and always has an end where it is not', async () => {
    const state = stateOf(tenant, ref())
    await state.set('kept', 'a', { persist: true })
    await state.set('hot', 'b', {})
    await stateOf(tenant, ref({ ephemeral: true })).set('kept', 'c', { persist: true })
    const lives = await executor.database.manager.findBy(AgentStateKey, {})
    const mine = lives.filter(({ space }) => space.includes(tenant))
    expect(mine.filter(({ expiresAt }) => expiresAt === null)).toHaveLength(1)
    const [hotKey] = await redis.keys(`*agent:${tenant}:clerk/hot`)
    expect(await redis.pttl(hotKey!)).toBeGreaterThan(23 * 3_600_000)
    await redis.flushall()
    expect(await state.read('kept')).toMatchObject({ value: 'a' })
    expect(await state.read('hot')).toBeUndefined()
  })

  it('is written only at the version that is named, and counts nothing for what is not written', async () => {
    const state = stateOf(tenant, ref())
    const version = await state.set('count', 1, { ifVersion: 0 })
    await expect(state.set('count', 5, { ifVersion: 0 })).rejects.toMatchObject({ code: 'version-conflict' })
    await expect(state.set('none', 5, { ifVersion: 9 })).rejects.toMatchObject({ code: 'version-conflict' })
    await state.set('count', 2, { ifVersion: version })
    expect(await state.read('count')).toMatchObject({ value: 2 })
    const space = `agent:${tenant}:clerk`
    expect(await executor.database.manager.countBy(AgentStateKey, { space })).toBe(1)
  })

  it('has room for so many keys and bytes, and again when some are forgotten', async () => {
    const state = stateOf(tenant, ref())
    await expect(state.set('large', 'x'.repeat(70_000), {})).rejects.toMatchObject({ code: 'invalid-value' })
    const space = `agent:${tenant}:clerk`
    const fill = (count: number, bytes: number, expiresAt: Date | null = null) =>
      executor.database.manager.insert(
        AgentStateKey,
        Array.from({ length: count }, () => ({
          space,
          keyDigest: randomUUID().replaceAll('-', '').repeat(2),
          bytes,
          expiresAt,
        })),
      )
    await state.set('mine', 1, {})
    await fill(999, 1)
    await expect(state.set('new', 1, {})).rejects.toMatchObject({ code: 'too-much-state' })
    await state.set('mine', 2, {})
    await state.forget('mine')
    await state.set('new', 1, {})
    await executor.database.manager.delete(AgentStateKey, { space })
    await fill(127, 65_536)
    await fill(1, 65_536, new Date(Date.now() - 1_000))
    await state.set('last', 'x'.repeat(60_000), {})
    await expect(state.set('more', 'x'.repeat(60_000), {})).rejects.toMatchObject({ code: 'too-much-state' })
  })
})

describe('a run that keeps state', () => {
  const ended = (runId: string) =>
    vi.waitFor(() => endOf(said, runId) ?? Promise.reject(new Error('not ended')), { timeout: 20_000 })

  function request(steps: SkillStep[], name: string) {
    const whole = taskRun([skill({ steps })], {}, { functions: ['state.get', 'state.set'] })
    return { ...whole, agent: { ...whole.agent, ref: ref({ name }) } }
  }

  it('finds in a later run what it kept, each call on record like any other', async () => {
    await executor.loop.start()
    const name = `agent-${randomUUID().slice(0, 8)}`
    const set = {
      id: 'set',
      call: 'state.set' as const,
      arguments: { key: 'k', value: ['x', 1], persist: true },
    }
    const get = { id: 'get', call: 'state.get' as const, arguments: { key: 'k' } }
    const first = request([set], name)
    await executor.run(first)
    expect((await ended(first.runId)).type).toBe('run.succeeded')
    const second = request([get], name)
    await executor.run(second)
    const { payload } = await ended(second.runId)
    expect(JSON.parse(String(payload['result']))).toMatchObject({ found: true, value: ['x', 1] })
    const stranger = request([get], 'stranger')
    await executor.run(stranger)
    expect((await ended(stranger.runId)).payload['result']).toBe('{"found":false}')
    const reports = said.filter(
      ({ type, payload: { runId } }) => type === 'run.progressed' && runId === first.runId,
    )
    expect(reports.map(({ payload }) => payload['step'])).toMatchObject([
      { function: 'state.set', state: 'started' },
      { function: 'state.set', state: 'finished', exitCode: 0 },
    ])
  })

  it('is told of a conflict, and has a person asked about a conditional set that may have been made', async () => {
    const name = `agent-${randomUUID().slice(0, 8)}`
    const set = {
      id: 'set',
      call: 'state.set' as const,
      arguments: { key: 'k', value: 1, ifVersion: 5 },
    }
    const conflicting = request([set], name)
    await executor.run(conflicting)
    await executor.loop.start()
    expect((await ended(conflicting.runId)).payload).toMatchObject({
      code: 'function-failed',
      message: expect.stringContaining('version-conflict'),
    })
    const [recorded] = await executor.database.manager.findBy(Step, { runId: conflicting.runId })
    expect(recorded).toMatchObject({ repeatable: false })

    // As an executor leaves it that is killed between intent and outcome.
    const open = request([set], name)
    mkdirSync(join(folders.dir, 'workspaces', open.runId), { recursive: true })
    const { runId } = open
    await executor.database.manager.insert(Step, { ...recorded!, runId, state: 'intent', outcome: null })
    await executor.run(open)
    const ask = await vi.waitFor(
      () =>
        said.find(({ type, payload }) => type === 'approval.ask' && payload['taskId'] === open.taskId) ??
        Promise.reject(new Error('not asked')),
      { timeout: 20_000 },
    )
    expect(ask.payload).toMatchObject({ kind: 'unknown-effect' })
    expect(await executor.database.manager.findOneBy(Run, { runId })).toMatchObject({ state: 'waiting' })
  })
})
