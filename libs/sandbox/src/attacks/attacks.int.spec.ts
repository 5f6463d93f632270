import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBubblewrapSandbox, defaultLimits, InvalidMountError, InvalidRequestError } from '../index.js'
import { attacksOn } from './attack.suite.fixture.js'
import { attackIn, contain } from './contain.fixture.js'
import { VictimHost } from './victim.fixture.js'

const sandbox = createBubblewrapSandbox()
let host: VictimHost
beforeAll(async () => {
  host = await VictimHost.create()
})
afterAll(() => host.remove())

describe.each(attacksOn())('who attacks %s and', (_, attacks) => {
  it.each(attacks)('$name is contained', (one) => contain(one, sandbox, host))
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
    await attackIn(
      sandbox,
      host,
      { name: '', script: () => `ln -s ${host.folder} .git; ln -s ${host.secretFile} .env` },
      workspace,
    )
    const request = { argv: ['true'], env: {}, workspace, mounts: [], limits: defaultLimits }
    for (const path of ['.git/yard', '.git', '.env', 'missing'])
      await expect(sandbox.run({ ...request, protect: [path] }), path).rejects.toThrow(InvalidMountError)
    expect(host.findDamage('')).toEqual([])
  })
})
