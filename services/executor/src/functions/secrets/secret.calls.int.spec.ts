import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allRights } from '@guildhall/contracts'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openExecutor, type Said } from '../../executor.fixture.js'
import { configFor, endOf, makeFolders, skill, taskRun } from '../../runs/run.fixture.js'
import { Step } from '../../runs/step.entity.js'
import { asked, script } from '../registration/registration.fixture.js'

const folders = makeFolders()
// Where the operator lets tasks have folders mounted, to show that this one is not.
const secretsDir = join(folders.shared, 'secrets')
const said: Said[] = []
const token = `token-${randomUUID()}`
let database: TestDatabase
let executor: Awaited<ReturnType<typeof openExecutor>>

beforeAll(async () => {
  mkdirSync(join(secretsDir, 'local', '..data'), { recursive: true, mode: 0o700 })
  writeFileSync(join(secretsDir, 'local', '..data', 'api-token'), `${token}\n`, { mode: 0o600 })
  symlinkSync('..data/api-token', join(secretsDir, 'local', 'api-token'))
  writeFileSync(join(secretsDir, 'local', 'short'), 'abc')
  writeFileSync(join(secretsDir, 'local', 'bytes'), Buffer.from('ff00ff00ff00ff00ff00', 'hex'))
  database = await TestDatabase.start('executor')
  const config = configFor(folders, { functionSecretsDir: secretsDir, privateDirs: [secretsDir] })
  executor = await openExecutor({ instance: 'executor-1', database, config }, (one) => void said.push(one))
  await executor.loop.start()
})

afterAll(async () => {
  await executor?.close()
  await database?.stop()
  folders.remove()
})

const askedIn = (type: string, tenant?: string) => asked(type, allRights, tenant)

function registerProgram(name: string, text: string, over: object = {}, tenant = 'local') {
  const manifest = {
    name,
    version: '1',
    description: 'Uses a secret',
    program: ['./run.sh'],
    parameters: { type: 'object' },
    secrets: { API_TOKEN: 'api-token' },
    tier: 'allow',
    ...over,
  }
  const files = { 'function.json': JSON.stringify(manifest), 'run.sh': script(text) }
  return executor.functions.register({ files }, askedIn('function.register', tenant))
}

const call = (name: string, tenant?: string) =>
  executor.functions.call({ name, arguments: {} }, askedIn('function.call', tenant))

async function endOfRun(request: ReturnType<typeof taskRun>): Promise<Said> {
  await executor.run(request)
  return vi.waitFor(() => endOf(said, request.runId) ?? Promise.reject(new Error('not ended')), {
    timeout: 15_000,
  })
}

describe('a function with a secret', () => {
  it('has it in its variable, and what it says of it is hidden from everybody', async () => {
    await registerProgram('length', 'echo "${#API_TOKEN} $API_TOKEN"; echo "$API_TOKEN" >&2')
    const { stdout, stderr } = await call('custom.length')
    expect({ stdout, stderr }).toEqual({
      stdout: `${token.length} [secret api-token]\n`,
      stderr: '[secret api-token]\n',
    })
    const { functions } = await executor.functions.list({ name: 'custom.length' }, asked('function.list'))
    expect(functions).toMatchObject([{ name: 'custom.length', secrets: ['api-token'] }])
  })

  it('sees nothing in a run that the agent could have prepared for it, and its record has no secret', async () => {
    await registerProgram('apart', 'ls -A /workspace /mnt; echo "$API_TOKEN ${SKILL:-no skill}" | tee ~/kept')
    const steps = [
      { id: 'plant', call: 'bash', arguments: { command: 'echo "proxy = http://evil" > ~/.curlrc' } },
      { id: 'use', call: 'custom.apart', arguments: {} },
      { id: 'look', call: 'bash', arguments: { command: 'ls -A; env' } },
    ]
    const request = taskRun(
      [skill({ steps })],
      { mounts: [{ source: folders.readable, mode: 'ro' }] },
      { functions: ['bash', 'custom.apart'] },
    )
    expect(await endOfRun(request)).toMatchObject({ type: 'run.succeeded' })
    const recorded = await executor.database.manager.findBy(Step, { runId: request.runId })
    const [, used, looked] = recorded.sort((one, other) => one.index - other.index)
    const outcome = JSON.stringify(used?.outcome)
    expect(outcome).toContain('/mnt:\\n.guildhall-function\\n\\n/workspace:\\n[secret api-token] no skill')
    expect(outcome).not.toContain('curlrc')
    expect(JSON.stringify(looked?.outcome)).toContain('.curlrc')
    expect(JSON.stringify(recorded) + JSON.stringify(said)).not.toContain(token)
    await expect.poll(() => readdirSync(join(folders.dir, 'workspaces'))).toEqual([])
  })

  it('is not called without it, and is told what is missing', async () => {
    const failing = async (name: string, secret: string, tenant?: string) => {
      await registerProgram(name, 'true', { secrets: { API_TOKEN: secret } }, tenant)
      return call(`custom.${name}`, tenant)
    }
    expect(await failing('absent', 'nothing')).toMatchObject({
      ending: 'sandbox-failed',
      stderr: expect.stringContaining('the secret nothing is not there (ENOENT)') as string,
    })
    expect((await failing('short', 'short')).stderr).toContain('less than 8 characters')
    expect((await failing('bytes', 'bytes')).stderr).toContain('not one line of UTF-8')
    expect((await failing('foreign', 'api-token', 'other')).stderr).toContain('file other/api-token')
    const wrong = registerProgram('wrong', 'true', { secrets: { LD_PRELOAD: 'api-token' } })
    await expect(wrong).rejects.toMatchObject({ code: 'invalid-function' })
  })

  it('is the only way to a secret: its folder is not mounted for anybody', async () => {
    const steps = [{ id: 'read', call: 'bash', arguments: { command: 'true' } }]
    for (const source of [secretsDir, folders.shared]) {
      const end = await endOfRun(taskRun([skill({ steps })], { mounts: [{ source, mode: 'ro' }] }))
      expect(end.payload).toMatchObject({ code: 'mount-not-allowed' })
    }
  })
})
