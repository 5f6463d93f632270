import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FunctionName } from '@guildhall/contracts'
import { createBubblewrapSandbox, defaultLimits, prepareWorkspace } from '@guildhall/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtInFunctions } from './built-in.functions.js'
import type { SandboxCommand } from './function.definition.js'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'file-functions-')))
const workspace = join(root, 'workspace')
const sandbox = createBubblewrapSandbox()
const file = join(workspace, 'a.txt')

beforeAll(async () => {
  chmodSync(root, 0o755)
  await prepareWorkspace(workspace)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function call(name: FunctionName, args: object) {
  const { argv, stdin } = builtInFunctions.prepare(name, args) as SandboxCommand
  const request = { argv, workspace, env: {}, mounts: [], limits: { ...defaultLimits } }
  return sandbox.run({ ...request, ...(stdin !== undefined && { stdin }) })
}

describe('functions on files', () => {
  it('edit takes both texts literally and keeps every other byte', async () => {
    await call('fs.write', { path: 'a.txt', content: 'one * [x] &\\ $HOME\n\ntwo\n\n' })
    const edited = await call('fs.edit', { path: 'a.txt', old: '* [x] &\\', new: '& \\1 "$(id)" *\n' })
    expect(edited).toMatchObject({ ending: 'exited', exitCode: 0 })
    expect(readFileSync(file, 'utf8')).toBe('one & \\1 "$(id)" *\n $HOME\n\ntwo\n\n')
  })

  it('edit changes nothing when the text is not there, or more than once unless all are meant', async () => {
    await call('fs.write', { path: 'a.txt', content: 'aXaXa' })
    expect(await call('fs.edit', { path: 'a.txt', old: 'Y', new: '' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/is not in/),
    })
    expect(await call('fs.edit', { path: 'a.txt', old: 'X', new: '' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/more than once/),
    })
    expect(readFileSync(file, 'utf8')).toBe('aXaXa')
    await call('fs.edit', { path: 'a.txt', old: 'X', new: '-', all: true })
    expect(readFileSync(file, 'utf8')).toBe('a-a-a')
  })

  it('edit leaves what is no text alone', async () => {
    await call('bash', { command: "printf 'a\\0b' > binary" })
    expect(await call('fs.edit', { path: 'binary', old: 'a', new: 'c' })).toMatchObject({
      stderr: expect.stringMatching(/no text/),
    })
    expect(readFileSync(join(workspace, 'binary'))).toEqual(Buffer.from('a\0b'))
  })

  it('search finds lines by text or expression, and finding none is no failure', async () => {
    await call('fs.write', { path: 'deep/b.md', content: 'Hello (world)\nbye\n' })
    const found = await call('fs.search', { pattern: '(world)', path: 'deep' })
    expect(found).toMatchObject({ exitCode: 0, stdout: '/workspace/deep/b.md:1:Hello (world)\n' })
    const expression = { pattern: '^b.e$', regex: true, files: '*.md' }
    expect((await call('fs.search', expression)).stdout).toBe('/workspace/deep/b.md:2:bye\n')
    expect(await call('fs.search', { pattern: 'hello', path: 'deep', ignoreCase: true })).toMatchObject({
      stdout: expect.stringMatching(/Hello/),
    })
    expect(await call('fs.search', { pattern: '-v nothing' })).toMatchObject({ exitCode: 0, stdout: '' })
    expect((await call('fs.search', { pattern: '(', regex: true })).exitCode).toBe(1)
  })

  it('stat says kind, size, permissions and time', async () => {
    await call('bash', { command: 'printf 12345 > s; chmod 640 s; touch -d @1000 s; ln -s s l' })
    expect((await call('fs.stat', { path: 's' })).stdout).toBe('regular file\t5\t640\t1000\n')
    expect((await call('fs.stat', { path: 'l' })).stdout).toMatch(/^symbolic link\t/)
    expect((await call('fs.stat', { path: 'none' })).exitCode).toBe(1)
  })
})
