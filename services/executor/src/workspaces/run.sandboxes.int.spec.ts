import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBubblewrapSandbox, defaultLimits, prepareWorkspace } from '@guildhall/sandbox'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { builtInFunctions } from '../functions/built-in.functions.js'
import type { SandboxCommand } from '../functions/function.definition.js'
import { type RunSandbox, RunSandboxes } from './run.sandboxes.js'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'run-sandboxes-')))
const sandboxes = new RunSandboxes(createBubblewrapSandbox(), 2)
const never = new AbortController().signal

beforeAll(() => chmodSync(root, 0o755))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function newWorkspace(name: string): Promise<string> {
  const workspace = join(root, name)
  await prepareWorkspace(workspace)
  return workspace
}

function call(run: RunSandbox, workspace: string, name: string, args: object, isRepeatable = true) {
  const { argv, stdin, inSession } = builtInFunctions.prepare(name, args) as SandboxCommand
  const request = { argv, workspace, env: {}, mounts: [], limits: defaultLimits }
  const command = inSession ? { inSession } : {}
  return run.call(command, { ...request, ...(stdin !== undefined && { stdin }) }, isRepeatable)
}

/** Sandboxes that this process started and that live. */
const children = (): string[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => {
      try {
        return pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('bwrap')
      } catch {
        return false
      }
    })

describe('the sandboxes of a run', () => {
  it('are made ahead from the second command on, and end with the run', async () => {
    const [own, other] = [await newWorkspace('own'), await newWorkspace('other')]
    const run = sandboxes.open(never)
    const starts: unknown[] = []
    for (const word of ['one', 'two', 'three', 'four']) {
      const { stdout, sandbox } = await call(run, own, 'bash', { command: `echo ${word}` })
      expect(stdout).toBe(`${word}\n`)
      starts.push(sandbox?.start)
      await vi.waitUntil(() => starts.length < 2 || children().length > 0, { timeout: 20_000 })
    }
    expect(starts).toEqual(['cold', 'cold', 'warm', 'warm'])
    const stranger = sandboxes.open(never)
    expect((await call(stranger, other, 'bash', { command: 'true' })).sandbox?.start).toBe('cold')
    await Promise.all([run.close(), stranger.close()])
    expect(children()).toEqual([])
  })

  it('answer for files in a session as the commands do', async () => {
    const workspace = await newWorkspace('files')
    writeFileSync(join(workspace, 'text'), 'one\ntwo €\n')
    writeFileSync(join(workspace, 'empty'), '')
    symlinkSync('text', join(workspace, 'link'))
    chmodSync(join(workspace, 'text'), 0o640)
    mkdirSync(join(workspace, 'folder'))
    utimesSync(join(workspace, 'folder'), 1_000, 1_000)
    const calls: [string, object][] = [
      ['fs.read', { path: 'text' }],
      ['fs.read', { path: 'link', maxBytes: 9 }],
      ['fs.list', {}],
      ['fs.stat', { path: 'empty' }],
      ['fs.stat', { path: 'link' }],
      ['fs.stat', { path: 'folder' }],
      ['fs.write', { path: 'new/file', content: 'a\0b €' }],
      ['fs.read', { path: 'new/file' }],
      ['fs.edit', { path: 'text', old: 'two', new: '$2 & \\1' }],
      ['fs.read', { path: 'text' }],
      ['fs.edit', { path: 'text', old: 'two', new: '' }],
      ['fs.edit', { path: 'new/file', old: 'a', new: '' }],
      ['fs.read', { path: 'nothing' }],
      ['fs.list', { path: 'nothing' }],
      ['fs.stat', { path: 'nothing' }],
    ]
    const run = sandboxes.open(never)
    const inSession = []
    // The first is a command's, the run might have no other.
    expect((await call(run, workspace, 'fs.stat', { path: '.' })).sandbox?.start).toBe('cold')
    for (const [name, args] of calls) inSession.push(await call(run, workspace, name, args))
    await run.close()
    expect(children()).toEqual([])
    expect(inSession.filter(({ sandbox }) => sandbox?.start === 'session').length).toBeGreaterThanOrEqual(14)
    rmSync(join(workspace, 'new'), { recursive: true })
    writeFileSync(join(workspace, 'text'), 'one\ntwo €\n')
    for (const [index, [name, args]] of calls.entries()) {
      const byCommand = sandboxes.open(never)
      const { exitCode, stdout } = await call(byCommand, workspace, name, args)
      const sorted = (text = '') => text.split('\n').sort()
      expect([name, args, inSession[index]?.exitCode, sorted(inSession[index]?.stdout)]).toEqual([
        name,
        args,
        exitCode,
        sorted(stdout),
      ])
    }
  })

  it('are killed with the run, whatever they do, and nothing begins after', async () => {
    const workspace = await newWorkspace('killed')
    const controller = new AbortController()
    const run = sandboxes.open(controller.signal)
    for (let count = 0; count < 2; count += 1) await call(run, workspace, 'fs.stat', { path: '.' })
    const waiting = [1, 2, 3].map(() => call(run, workspace, 'bash', { command: 'sleep 60' }, false))
    const reading = call(run, workspace, 'fs.stat', { path: '.' }, false)
    controller.abort()
    expect((await reading).ending).toMatch(/^(canceled|exited)$/)
    expect((await Promise.all(waiting)).map(({ ending }) => ending)).toEqual(Array(3).fill('canceled'))
    expect((await call(run, workspace, 'fs.stat', { path: '.' })).ending).toBe('canceled')
    await run.close()
    expect(children()).toEqual([])
  })
})
