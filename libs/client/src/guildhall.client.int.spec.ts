import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEnvelope, StateFound, StateGet, TaskFound, TaskGet } from '@guildhall/contracts'
import {
  type IncomingEntry,
  loadFunctionLibrary,
  redisUsers,
  Relay,
  type RelayDecision,
  renderAclFile,
  StreamPublisher,
} from '@guildhall/redis-streams'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { GuildhallClient } from './guildhall.client.js'
import type { TaskEvent } from './task.event.js'

const shards = ['main', 'second']
const taskId = '7c1f3f52-4a57-5d0c-9a0e-2f7f4f1d6a11'
const password = (user: string) => `password of ${user}`
let folder: string
let port: number
let server: ChildProcess
let relay: Relay
let scheduler: StreamPublisher
let client: GuildhallClient
/** What reached the gateway, as the router reads it. */
let heard: Record<string, string>[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guildhall-client-'))
  port = await freePort()
  const hashes = redisUsers.map((user) => [user, createHash('sha256').update(password(user)).digest('hex')])
  await writeFile(join(folder, 'acl'), renderAclFile({ shards, passwordHashes: Object.fromEntries(hashes) }))
  const settings = ['--bind', '127.0.0.1', '--dir', folder, '--aclfile', join(folder, 'acl')]
  server = spawn('redis-server', ['--port', String(port), ...settings, '--appendonly', 'yes', '--save', ''])
  server.stdout?.resume()
  await connected()
  relay = new Relay({ connection: as('router'), shards, instance: 'router-1', decide })
  await relay.start()
  scheduler = new StreamPublisher({ connection: as('task-scheduler'), shards, service: 'task-scheduler' })
})

afterAll(async () => {
  await relay.stop()
  await scheduler.close()
  server.kill('SIGKILL')
  await once(server, 'exit')
  await rm(folder, { recursive: true, force: true })
})

beforeEach(() => {
  heard = []
  client = new GuildhallClient({ redis: as('client'), shards, client: 'local', token: 'token of local' })
})
afterEach(() => client.close())

describe('request', () => {
  it('finds each answer among many by its correlation id', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
    const answers = await Promise.all(keys.map((key) => client.request(StateGet, { key }, StateFound)))
    expect(answers.map(({ value }) => value.key)).toEqual(keys)
  })

  it('sends its credential, an expiry and the idempotency key beside the payload', async () => {
    const before = Date.now()
    await client.request(StateGet, { key: 'a' }, StateFound, { idempotencyKey: 'k', timeoutMs: 5_000 })
    expect(heard[0]).toMatchObject({
      type: 'state.get',
      authorization: 'Bearer token of local',
      idempotencykey: 'k',
    })
    expect(Date.parse(heard[0]?.['expirytime'] ?? '') - before).toBeGreaterThanOrEqual(5_000)
  })

  it('is sent again under the same id until it is answered, whatever is said about the copies', async () => {
    const impatient = new GuildhallClient({
      redis: as('client'),
      shards,
      client: 'local',
      token: 'token of local',
      repeatEveryMs: 100,
    })
    try {
      const { value } = await impatient.request(StateGet, { key: 'third time' }, StateFound)
      expect(value.key).toBe('third time')
      expect(heard.length).toBeGreaterThanOrEqual(3)
      expect(new Set(heard.map(({ id }) => id)).size).toBe(1)
    } finally {
      await impatient.close()
    }
  })

  it('throws the refusal that it is answered with', async () => {
    await expect(client.request(TaskGet, { taskId }, TaskFound)).rejects.toMatchObject({
      name: 'RequestRefusedError',
      code: 'task-not-found',
      retryable: false,
      requestType: 'task.get',
    })
  })

  it('gives up at its deadline with a typed error', async () => {
    const request = client.request(StateGet, { key: 'silence' }, StateFound, { timeoutMs: 200 })
    await expect(request).rejects.toMatchObject({ name: 'RequestTimeoutError', timeoutMs: 200 })
  })

  it('ends with the reason of an abort, and of a close', async () => {
    const abort = new AbortController()
    const aborted = client.request(StateGet, { key: 'silence' }, StateFound, { signal: abort.signal })
    const closed = client.request(StateGet, { key: 'silence' }, StateFound)
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await Promise.all([expect(closed).rejects.toMatchObject({ name: 'ClientClosedError' }), client.close()])
  })

  it('says that the streams cannot be reached when nothing listens, or the password is wrong', async () => {
    const redis = as('client')
    for (const other of [
      { ...redis, port: await freePort() },
      { ...redis, password: 'wrong' },
    ]) {
      const stranger = new GuildhallClient({ redis: other, shards, client: 'local', token: 'token of local' })
      await expect(stranger.position()).rejects.toMatchObject({ name: 'UnreachableError' })
      await expect(stranger.request(StateGet, { key: 'a' }, StateFound)).rejects.toMatchObject({
        name: 'UnreachableError',
        message: expect.not.stringContaining('password of'),
      })
      await stranger.close()
    }
  })
})

describe('follow', () => {
  it('tells what was said after the position, each message once, and ends with the task', async () => {
    const fromId = await client.position()
    const twice = news('run.progressed', { step: { index: 0 } })
    await scheduler.publish([news('task.transitioned', { from: 'submitted', to: 'matching' }), twice])
    await scheduler.publish([twice])
    await scheduler.publish([
      createEnvelope('task.completed', { taskId: 'other' }, '/services/task-scheduler', {
        tenant: 'local',
        replyto: 'local',
        subject: 'other',
      }),
      news('task.completed', { task: { id: taskId } }),
      news('task.transitioned', { from: 'completed', to: 'completed' }),
    ])
    // The answer comes after all of it, so the reader has passed the news when the follower comes.
    await client.request(StateGet, { key: 'a' }, StateFound)
    const told = await gather(client.follow(taskId, { fromId }))
    expect(told.map(({ type }) => type)).toEqual(['task.transitioned', 'run.progressed', 'task.completed'])
    expect(told.every(({ value }) => !('taskId' in value) || value.taskId === taskId)).toBe(true)
  })

  it('lets one follower go back without another hearing anything twice', async () => {
    const fromId = await client.position()
    const late = client.follow(taskId)
    const first = late.next()
    await client.request(StateGet, { key: 'a' }, StateFound)
    await scheduler.publish([news('run.progressed', { step: { index: 1 } })])
    expect((await first).value?.type).toBe('run.progressed')
    const early = gather(client.follow(taskId, { fromId }))
    await scheduler.publish([news('task.canceled', { task: { id: taskId } })])
    expect((await early).map(({ type }) => type)).toEqual(['run.progressed', 'task.canceled'])
    expect((await gather(late)).map(({ type }) => type)).toEqual(['task.canceled'])
  })

  it('ends with the reason when it is aborted', async () => {
    const abort = new AbortController()
    const waiting = client.follow(taskId, { signal: abort.signal }).next()
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})

function as(username: string) {
  return { host: '127.0.0.1', port, username, password: password(username) }
}

function news(type: string, value: object) {
  const origin = { tenant: 'local', replyto: 'local', subject: taskId }
  return createEnvelope(type, { taskId, ...value }, '/services/task-scheduler', origin)
}

/** A router that answers requests itself: `silence` not at all, task.get with a refusal; and delivers what services say. */
function decide(entries: IncomingEntry[]): Promise<RelayDecision[]> {
  return Promise.resolve(
    entries.map((entry): RelayDecision => {
      const stamp = {
        verdict: 'allowed' as const,
        at: new Date().toISOString(),
        router: 'router-1',
        policy: '1',
        heardOn: entry.heardOn,
        deliveredTo: [],
      }
      if (entry.heardOn !== 'gateway')
        return {
          deliverTo: { reply: ['local'] },
          header: JSON.parse(entry.fields['event'] ?? ''),
          data: entry.fields['data'] ?? '',
          stamp,
        }
      heard.push(entry.fields)
      const { type, data = '', id = '' } = entry.fields
      const { key } = JSON.parse(data) as { key?: string }
      const isCopy = key === 'third time' && heard.length === 2
      const code = isCopy ? 'replayed' : 'task-not-found'
      const refusal = { code, message: 'no', retryable: false, requestType: type }
      const isRefused = key === undefined || isCopy
      const isUnanswered = key === 'silence' || (key === 'third time' && heard.length === 1)
      const answer = createEnvelope(
        isRefused ? 'request.refused' : 'state.found',
        isRefused ? refusal : { key, found: false, value: null },
        '/services/executor',
        { tenant: 'local', correlationid: id },
      )
      return { deliverTo: { reply: isUnanswered ? [] : ['local'] }, ...answer, stamp }
    }),
  )
}

async function gather(events: AsyncIterable<TaskEvent>): Promise<TaskEvent[]> {
  const all: TaskEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

/** Waits for the server, and gives it the function library. */
async function connected(): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await loadFunctionLibrary(as('admin'))
    } catch (error) {
      if (tries === 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  listener.close()
  await once(listener, 'close')
  if (typeof address !== 'object' || !address) throw new Error('no free port')
  return address.port
}
