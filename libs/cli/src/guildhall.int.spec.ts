import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cliConfig } from './cli.config.js'
import { main } from './guildhall.js'
import { draftTask } from './tasks/task.draft.js'
import type { OutputStreams } from './terminal/output.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guildhall-cli-'))
  await writeFile(join(folder, 'package.json'), '{"name": "guildhall"}')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Runs a command as a program would: no terminal anywhere. */
async function run(...args: string[]) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const streams = { stdout, stderr, stdin: new PassThrough() } as unknown as OutputStreams
  const exitCode = await main(args, streams)
  stdout.end()
  stderr.end()
  return { exitCode, stdout: await text(stdout), stderr: await text(stderr) }
}

describe('guildhall', () => {
  it.each([
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['a missing argument', ['submit'], /missing required argument/],
    ['an unknown option', ['status', '--frob'], /unknown option/],
    ['a choice that is none', ['submit', 'x', '--approve', 'maybe'], /Allowed choices are refuse, once/],
    ['no subcommand', ['tasks'], /see above/],
    ['a service that is none', ['credentials', 'rotate', 'postman'], /"postman" is no service: router/],
    ['a version that is none', ['skills', 'pin', 'a', 'newest'], /a version such as 3/],
    ['a root that is no checkout', ['status', '--root', '/'], /no checkout/],
  ])('calls %s wrong use, on stderr and as one JSON document', async (_, args, message) => {
    const plain = await run(...args)
    expect(plain).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) })
    const json = await run(...args, '--json')
    expect(json.exitCode).toBe(2)
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: 'usage', message: expect.stringMatching(message) },
    })
  })

  it('shows help as a success', async () => {
    expect(await run('--help')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Exit codes') })
  })

  it('says how to start where nothing was ever started, with the exit code for not reachable', async () => {
    const { exitCode, stdout } = await run('tasks', 'list', '--json', '--root', folder)
    expect(exitCode).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'not-running', message: expect.stringContaining('guildhall up') },
    })
    for (const args of [['status'], ['credentials', 'rotate']])
      expect(await run(...args, '--root', folder)).toMatchObject({ exitCode: 3 })
  })

  it('stops nothing where nothing runs', async () => {
    const { exitCode, stdout } = await run('down', '--json', '--root', folder)
    expect({ exitCode, ...JSON.parse(stdout) }).toEqual({ exitCode: 0, stopped: false })
  })
})

describe('cliConfig', () => {
  it('finds the checkout from any folder below it, unless another is named', async () => {
    const below = join(folder, 'a', 'b')
    await mkdir(below, { recursive: true })
    expect(cliConfig(undefined, {}, below).root).toBe(folder)
    expect(cliConfig('../..', {}, below).root).toBe(folder)
    expect(cliConfig(undefined, { GUILDHALL_ROOT: folder }, '/').root).toBe(folder)
    expect(() => cliConfig(undefined, { GUILDHALL_ROOT: below }, '/')).toThrow('no checkout')
  })
})

describe('draftTask', () => {
  it('reads files, resolves folders and lets --set win over --inputs', async () => {
    await mkdir(join(folder, 'real'))
    await symlink(join(folder, 'real'), join(folder, 'link'))
    const input = [join(folder, 'package.json')]
    const mount = [`${join(folder, 'link')}:rw`]
    const draft = await draftTask('a goal', { input, mount, inputs: { a: 1, b: 1 }, set: { b: 2 } })
    expect(draft).toEqual({
      goal: 'a goal',
      inputs: { a: 1, b: 2 },
      files: [
        { name: 'package.json', contentBase64: Buffer.from('{"name": "guildhall"}').toString('base64') },
      ],
      mounts: [{ source: join(folder, 'real'), mode: 'rw' }],
    })
  })

  it('refuses what is not there, and what is too large for a message', async () => {
    await expect(draftTask('x', { mount: [join(folder, 'no')] })).rejects.toThrow('is no folder')
    await expect(draftTask('x', { input: [join(folder, 'no')] })).rejects.toThrow('ENOENT')
    await writeFile(join(folder, 'large'), Buffer.alloc(300_000))
    await expect(draftTask('x', { input: [join(folder, 'large')] })).rejects.toThrow('--mount DIR')
  })
})
