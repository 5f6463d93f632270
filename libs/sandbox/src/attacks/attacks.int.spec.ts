import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createBubblewrapSandbox,
  defaultLimits,
  InvalidMountError,
  InvalidRequestError,
  removeWorkspace,
} from '../index.js'
import type { Attack } from './attack.fixture.js'
import { fileAttacks } from './file.attacks.fixture.js'
import { networkAttacks } from './network.attacks.fixture.js'
import { processAttacks } from './process.attacks.fixture.js'
import { resourceAttacks } from './resource.attacks.fixture.js'
import { textAttacks } from './text.attacks.fixture.js'
import { VictimHost } from './victim.fixture.js'

const WALL_MS = 5_000
const sandbox = createBubblewrapSandbox()
let host: VictimHost
beforeAll(async () => {
  host = await VictimHost.create()
})
afterAll(() => host.remove())

async function attack({ script, limits, request, files = {} }: Attack, workspace: string) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    // As root, the attacker is somebody else; it may write them all the same.
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
      chmodSync(join(workspace, folder), 0o777)
    writeFileSync(join(workspace, path), content)
    chmodSync(join(workspace, path), 0o777)
  }
  return sandbox.run({
    argv: ['bash', '-c', script(host), `of-${host.marker}`],
    env: {},
    workspace,
    mounts: [],
    ...request?.(host),
    limits: { ...defaultLimits, wallMs: WALL_MS, ...limits },
  })
}

describe.each([
  ['the files of the host', fileAttacks],
  ['its processes and its kernel', processAttacks],
  ['its network', networkAttacks],
  ['its resources', resourceAttacks],
  ['whoever handles text', textAttacks],
])('who attacks %s and', (_, attacks) => {
  it.each(attacks)('$name is contained', async (one) => {
    const workspace = await host.nextWorkspace()
    const result = await attack(one, workspace)
    const output = result.stdout + result.stderr
    const damage = [...host.findDamage(output), await one.damage?.(host, workspace)].filter(Boolean)
    expect(damage).toEqual([])
    expect(one.ending ?? ['exited', 'signaled'], result.detail).toContain(result.ending)
    if (one.betrays) expect(result.stdout).not.toMatch(one.betrays)
    if (one.shows) expect(result.stdout).toMatch(one.shows)
    expect(result.usage.wallMs).toBeLessThan((one.limits?.wallMs ?? WALL_MS) + 500)
    const { outputBytes } = { ...defaultLimits, ...one.limits }
    expect(result.stdoutBytes.length + result.stderrBytes.length).toBeLessThanOrEqual(outputBytes)
    await removeWorkspace(workspace)
  })
})

describe('a request', () => {
  it.each([
    ['that loads a library into what starts it', { env: { LD_PRELOAD: '/workspace/x.so' } }],
    ['with a variable that is a function', { env: { 'BASH_FUNC_true%%': '() { id; }' } }],
    ['with NUL in an argument', { argv: ['echo', 'a\0b'] }],
    ['whose program is an option', { argv: ['--version'] }],
    ['with an argument longer than the kernel takes', { argv: ['echo', 'x'.repeat(200_000)] }],
    ['with a limit that is none', { limits: { ...defaultLimits, wallMs: Infinity } }],
  ])('%s is refused before anything starts', async (_, over) => {
    const request = { argv: ['true'], env: {}, workspace: host.folder, mounts: [], limits: defaultLimits }
    await expect(sandbox.run({ ...request, ...over })).rejects.toThrow(InvalidRequestError)
  })

  it('to protect what is missing, or reached through a planted link, is refused', async () => {
    const workspace = await host.nextWorkspace()
    await attack(
      { name: '', script: () => `ln -s ${host.folder} .git; ln -s ${host.secretFile} .env` },
      workspace,
    )
    const request = { argv: ['true'], env: {}, workspace, mounts: [], limits: defaultLimits }
    for (const path of ['.git/yard', '.git', '.env', 'missing'])
      await expect(sandbox.run({ ...request, protect: [path] }), path).rejects.toThrow(InvalidMountError)
    expect(host.findDamage('')).toEqual([])
  })
})
