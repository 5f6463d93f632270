import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AgentCreate, AgentCreated } from '@guildhall/contracts'
import { type EngineKind, PrivateEngine, whyNoEngine } from '@guildhall/sandbox/engine-fixture'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, RunningStack, until } from './running.stack.js'

const kinds = ['docker', 'podman'] satisfies EngineKind[]
const kind = kinds.find((one) => whyNoEngine(one) === undefined)
const reasons = kinds.map((one) => `${one}: ${whyNoEngine(one)}`).join('; ')

describe.skipIf(kind === undefined)(`with containers${kind === undefined ? ` (${reasons})` : ''}`, () => {
  const server = createServer((request, response) => void response.end(`answer to ${request.url}`))
  let engine: PrivateEngine
  let guildhall: RunningStack

  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    engine = await PrivateEngine.start(kind!)
    guildhall = await RunningStack.start({
      env: {
        executor: {
          GUILDHALL_ISOLATION: 'container',
          GUILDHALL_CONTAINER_SOCKET: engine.socketPath,
          GUILDHALL_CONTAINER_IMAGE: PrivateEngine.image,
          GUILDHALL_EGRESS_ADDRESSES: JSON.stringify([{ range: '127.0.0.1', ports: [port] }]),
        },
      },
    })
    const fetch = `unset NO_PROXY no_proxy; node -e 'fetch(process.argv[1]).then(async (a) => console.log(await a.text()))' -- "$1"`
    await guildhall.teach({
      skill: 'harbour-reporting',
      description: 'Writes the report of the harbour.',
      examples: ['Write the report of the harbour'],
      steps: [
        { id: 'ask', call: 'bash', arguments: { command: fetch, args: [`http://127.0.0.1:${port}/tide`] } },
        {
          id: 'write',
          call: 'fs.write',
          arguments: { path: 'artifacts/report.txt', content: { ref: 'steps.ask.stdout' } },
        },
        { id: 'read', call: 'fs.read', arguments: { path: 'artifacts/report.txt' } },
        {
          id: 'look',
          call: 'bash',
          arguments: {
            command: 'cat "$1/boats"; echo seen >"$1/seen"; id -u',
            args: [{ ref: 'task.mounts.0' }],
          },
        },
      ],
      result: { ref: 'steps.look.stdout' },
    })
    const grants = {
      hosts: [`127.0.0.1:${port}`],
      mounts: [{ source: guildhall.outside, mode: 'rw' as const }],
    }
    const agent = { name: 'keeper', description: 'Keeps the harbour.', skills: ['harbour-reporting'], grants }
    await guildhall.client.request(AgentCreate, agent, AgentCreated)
  }, 120_000)

  afterAll(async () => {
    await guildhall?.stop()
    await engine?.stop()
    server.close()
  })

  it('a task runs in them from its inputs to its artifacts, and what is said of it names them', async () => {
    writeFileSync(join(guildhall.outside, 'boats'), 'seven boats\n')
    chmodSync(guildhall.outside, 0o777)
    const { task, events } = await guildhall.run({
      goal: 'Write the report of the harbour',
      mounts: [{ source: guildhall.outside, mode: 'rw' }],
    })
    expect(task, JSON.stringify(task.error)).toMatchObject({ state: 'completed' })
    const [boats, inside] = task.result?.split('\n') ?? []
    expect(boats).toBe('seven boats')
    expect(Number(inside)).not.toBe(0)
    expect(readFileSync(join(guildhall.outside, 'seen'), 'utf8')).toBe('seen\n')
    expect(readFileSync(task.artifacts[0]?.path ?? '', 'utf8')).toBe('answer to /tide\n')
    const steps = events.flatMap(({ type, value }) =>
      type === 'run.progressed' && value.step.state === 'finished' ? [value.step] : [],
    )
    expect(steps.map(({ name, sandbox }) => [name, sandbox?.isolation, sandbox?.start])).toEqual([
      ['ask', 'container', 'cold'],
      ['write', 'container', 'cold'],
      // The second call for files begins the session of the run.
      ['read', 'container', 'session'],
      ['look', 'container', 'cold'],
    ])
    await until(async () => (await engine.containers()) === 0, 'no container of the run is left')
  })

  it('an operator sees what a function would, and that it is contained', async () => {
    const settings = {
      GUILDHALL_ISOLATION: 'container',
      GUILDHALL_CONTAINER_SOCKET: engine.socketPath,
      GUILDHALL_CONTAINER_IMAGE: PrivateEngine.image,
    }
    const sandbox = (...args: string[]) =>
      promisify(execFile)(process.execPath, [join(root, 'libs/cli/bin/guildhall.mjs'), 'sandbox', ...args], {
        cwd: guildhall.outside,
        env: { PATH: process.env['PATH'], ...settings },
      })
    const { stdout } = await sandbox('exec', '--json', '--', 'pwd')
    expect(JSON.parse(stdout)).toMatchObject({ stdout: '/workspace\n', isolation: 'container' })
  })
})
