import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRegistration } from './registration.reading.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'registration-'))
  writeFileSync(join(folder, 'function.json'), '{}')
  writeFileSync(join(folder, 'run.sh'), 'true\n', { mode: 0o755 })
  writeFileSync(join(folder, '.env'), 'SECRET=1')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = { 'function.json': '{}', 'run.sh': { content: 'true\n', encoding: 'utf8', executable: true } }

describe('what is to be registered', () => {
  it('is a folder with all its files, but those that may hold secrets', async () => {
    const { request, leftOut } = await readRegistration({}, [folder])
    expect(request).toEqual({ files })
    expect(leftOut).toMatchObject([{ path: '.env' }])
  })

  it('is an MCP server by its program, with or without files, or by its URL', async () => {
    const program = await readRegistration({ mcp: 'own', folder, tier: 'allow' }, [
      'node',
      'server.mjs',
      '--root',
    ])
    const command = ['node', 'server.mjs', '--root']
    expect(program.request).toEqual({ mcp: { server: 'own', command, tier: 'allow' }, files })
    const url = 'https://mcp.example/mcp'
    const remote = await readRegistration({ mcp: 'web', url, repeatable: true }, [])
    expect(remote.request).toEqual({ mcp: { server: 'web', url, repeatable: true } })
  })

  it.each([
    [{}, []],
    [{}, ['a', 'b']],
    [{}, ['no-such-folder']],
    [{ tier: 'allow' as const }, ['a']],
    [{ mcp: 'own' }, []],
    [{ mcp: 'own', url: 'https://a.example' }, ['node']],
  ])('is not said by %j and %j', async (options, words) => {
    await expect(readRegistration(options, words)).rejects.toMatchObject({ name: 'UsageError' })
  })
})
