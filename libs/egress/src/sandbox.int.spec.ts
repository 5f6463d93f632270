import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createBubblewrapSandbox,
  defaultLimits,
  InvalidMountError,
  prepareWorkspace,
  removeWorkspace,
} from '@guildhall/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, EgressFixture } from './egress.fixture.js'

const sandbox = createBubblewrapSandbox()
let net: EgressFixture
let port: number
let client: Client
let workspace: string

beforeAll(async () => {
  net = await EgressFixture.create()
  mkdirSync(join(net.folder, 'runs'))
  workspace = join(net.folder, 'runs', 'workspace')
  await prepareWorkspace(workspace)
  port = await net.serve((request, response) => response.end(`${request.method} ${request.url}`))
  net.names.set('api.example', [['127.0.0.1']])
  client = await net.open([`api.example:${port}`], [{ range: '127.0.0.1', ports: [port] }])
})

afterAll(async () => {
  await removeWorkspace(workspace)
  await net.close()
})

function call(argv: string[], env: Record<string, string> = {}, run: Client | null = client) {
  const inner = { argv, env, mounts: [] }
  return sandbox.run({
    ...(run ? run.run.through(inner) : inner),
    workspace,
    limits: { ...defaultLimits, wallMs: 20_000 },
  })
}

const fetching = `
const [url, options] = process.argv.slice(1)
fetch(url, JSON.parse(options ?? '{}')).then(
  async (answer) => console.log(answer.status, await answer.text()),
  () => console.log('failed'))`

describe('a process in a sandbox', () => {
  it('reaches what its run may reach, through the proxy that its environment names', async () => {
    const result = await call(['node', '-e', fetching, '--', `http://api.example:${port}/path`])
    expect(result).toMatchObject({ ending: 'exited', exitCode: 0, stdout: '200 GET /path\n' })
    const body = JSON.stringify({ method: 'POST', body: 'x' })
    const posted = await call(['node', '-e', fetching, '--', `http://api.example:${port}/`, body])
    expect(posted.stdout).toBe('200 POST /\n')
  })

  it('is refused everything else', async () => {
    // Its own loopback is not the host's; for that it does not ask the proxy.
    const urls = [`http://127.0.0.1:${port}/`, `http://other.example:${port}/`, 'http://169.254.169.254/']
    const script = 'for url in "$@"; do node -e "$0" -- "$url"; done'
    const { stdout } = await call(['sh', '-c', script, fetching, ...urls])
    expect(stdout).toBe('failed\n'.repeat(3))
    expect(net.events.filter(({ kind }) => kind === 'refused')).toMatchObject([
      { host: 'other.example', reason: 'host-not-allowed' },
      { host: '169.254.169.254', reason: 'host-not-allowed' },
    ])
  })

  it('that ignores the proxy reaches nothing', async () => {
    const ignoring = `
      const net = require('node:net'), dgram = require('node:dgram'), dns = require('node:dns')
      const told = []
      const tell = (what) => { told.push(what); if (told.length === 4) { console.log(told.sort().join(' ')); process.exit(0) } }
      for (const host of ['127.0.0.1', '8.8.8.8', '::1']) {
        const socket = net.connect({ host, port: ${port}, timeout: 2000 })
        socket.on('connect', () => tell('CONNECTED')).on('error', (error) => tell(error.code)).on('timeout', () => tell('TIMEOUT'))
      }
      dns.lookup('api.example', (error) => tell(error ? error.code : 'RESOLVED'))`
    const { stdout } = await call(['node', '-e', ignoring])
    expect(stdout.trim().split(' ')).toHaveLength(4)
    expect(stdout).not.toMatch(/CONNECTED|RESOLVED|TIMEOUT/)
  })

  it('has no use for the credential of another run', async () => {
    const other = await net.open([`api.example:${port}`], [{ range: '127.0.0.1', ports: [port] }])
    const { env } = other.run.through({ argv: [], env: {}, mounts: [] })
    const result = await call(['node', '-e', fetching, '--', `http://api.example:${port}/`], env)
    expect(result.stdout).toBe('failed\n')
    expect(net.events.at(-1)).toMatchObject({ kind: 'refused', reason: 'no-credentials' })
  })

  it('cannot remove or replace the socket, nor see more of the host through it', async () => {
    const script = `cd /mnt/.guildhall-egress; ls -A; rm -f proxy 2>/dev/null; mv proxy x 2>/dev/null; touch y 2>/dev/null; ls -A`
    expect((await call(['sh', '-c', script])).stdout).toBe('proxy\nproxy\n')
  })

  it('finds neither socket nor proxy in a run without hosts', async () => {
    const { stdout } = await call(['sh', '-c', 'ls -A /mnt; env'], {}, null)
    expect(stdout).not.toMatch(/proxy|guildhall/i)
  })
})

describe('the way out', () => {
  it('changes nothing of how a command ends', async () => {
    expect(await call(['sh', '-c', 'exit 3'])).toMatchObject({ ending: 'exited', exitCode: 3 })
    expect(await call(['sh', '-c', 'kill -TERM $$'])).toMatchObject({ ending: 'signaled', exitCode: 143 })
    expect(await call(['no-such-command'])).toMatchObject({ ending: 'exited', exitCode: 127 })
    const inner = { argv: ['cat'], env: {}, mounts: [] }
    const limits = { ...defaultLimits, wallMs: 20_000 }
    const fed = await sandbox.run({ ...client.run.through(inner), workspace, limits, stdin: 'fed' })
    expect(fed).toMatchObject({ ending: 'exited', exitCode: 0, stdout: 'fed' })
  })

  it('is gone when its run is over', async () => {
    const short = await net.open([`api.example:${port}`], [{ range: '127.0.0.1', ports: [port] }])
    const script = 'echo up; until [ -e go ]; do sleep 0.1; done; node -e "$0" -- "$1"'
    const argv = ['sh', '-c', script, fetching, `http://api.example:${port}/`]
    const outliving = { ...short.run.through({ argv, env: {}, mounts: [] }), workspace }
    const limits = { ...defaultLimits, wallMs: 20_000 }
    let isUp: () => void = () => undefined
    const up = new Promise<void>((resolve) => (isUp = resolve))
    const running = sandbox.run({ ...outliving, limits, onOutput: () => isUp() })
    await up
    await short.run.close()
    writeFileSync(join(workspace, 'go'), '')
    expect((await running).stdout).toBe('up\nfailed\n')
    await expect(sandbox.run({ ...outliving, limits })).rejects.toThrow(InvalidMountError)
  })
})
