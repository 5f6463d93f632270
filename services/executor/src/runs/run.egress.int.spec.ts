import { existsSync, readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { allRights } from '@guildhall/contracts'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openExecutor, type Said } from '../executor.fixture.js'
import { configFor, endOf, makeFolders, skill, taskRun } from './run.fixture.js'

const folders = makeFolders()
const said: Said[] = []
let server: Server
let port: number
let database: TestDatabase
let executor: Awaited<ReturnType<typeof openExecutor>>

beforeAll(async () => {
  server = createServer((request, response) => void response.end(`answer to ${request.url}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  database = await TestDatabase.start('executor')
  const config = configFor(folders, { egressAddresses: [{ range: '127.0.0.1', ports: [port] }] })
  executor = await openExecutor(
    { instance: 'executor-1', database, config },
    (message) => void said.push(message),
  )
  await executor.loop.start()
})

afterAll(async () => {
  await executor?.close()
  await database?.stop()
  server?.close()
  folders.remove()
})

async function endOfRun(hosts: string[], call: 'http.fetch' | 'bash') {
  const url = `http://127.0.0.1:${port}/path`
  // Its own loopback is otherwise no business of the proxy.
  const command = `unset NO_PROXY no_proxy; node -e 'fetch(process.argv[1]).then(async (a) => console.log(await a.text()))' -- "$1"`
  const steps = [{ id: 'go', call, arguments: call === 'bash' ? { command, args: [url] } : { url } }]
  const request = taskRun(
    [skill({ steps })],
    { rights: { ...allRights, hosts } },
    { functions: ['bash', 'http.fetch'] },
  )
  await executor.run(request)
  const end = await vi.waitFor(() => endOf(said, request.runId) ?? Promise.reject(new Error('not ended')), {
    timeout: 15_000,
    interval: 20,
  })
  await vi.waitFor(() => expect(leftOf(request.runId)).toEqual([]))
  return end
}

const leftOf = (runId: string) =>
  existsSync(join(folders.dir, 'egress'))
    ? readdirSync(join(folders.dir, 'egress')).filter((name) => name === runId)
    : []

it('a run reaches the hosts of its rights by http.fetch and by what bash starts, and leaves no socket', async () => {
  const fetched = await endOfRun([`127.0.0.1:${port}`], 'http.fetch')
  expect(fetched.type, JSON.stringify(fetched.payload)).toBe('run.succeeded')
  expect(fetched.payload['result']).toContain('"body":"answer to /path"')
  const started = await endOfRun([`127.0.0.1:${port}`], 'bash')
  expect(started.payload['result'], JSON.stringify(started.payload)).toBe('answer to /path')
})

it('a run reaches nothing else, and nothing at all without hosts', async () => {
  const other = await endOfRun(['example.com:443'], 'http.fetch')
  expect(other).toMatchObject({ type: 'run.failed', payload: { code: 'function-failed' } })
  expect(other.payload['message']).toContain(`may not reach 127.0.0.1:${port}; it may reach example.com:443`)
  expect((await endOfRun([], 'http.fetch')).payload['message']).toContain('this task may reach no host')
  expect((await endOfRun([], 'bash')).type).toBe('run.failed')
})
