import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const guildhall = fileURLToPath(new URL('../libs/cli/bin/guildhall.mjs', import.meta.url))
const isRoot = process.getuid?.() === 0

let folder: string
beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'guildhall-exec-')))
  await chmod(folder, 0o755)
  mkdirSync(join(folder, 'here'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const here = () => join(folder, 'here')

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [guildhall, 'sandbox', ...args], {
    cwd: here(),
    env: { PATH: process.env['PATH'], GREETING: 'hello', SECRET_OF_THE_OPERATOR: 'secret' },
  })
}

async function run(args: string[], input: string | Buffer = '') {
  const child = start(...args)
  child.stdin?.end(input)
  const [stdout, stderr] = await Promise.all([
    buffer(child.stdout!),
    text(child.stderr!),
    once(child, 'exit'),
  ])
  return { status: child.exitCode, stdout, stderr }
}

const bash = (script: string, ...options: string[]) => run(['exec', ...options, '--', 'bash', '-c', script])

describe('guildhall sandbox exec', () => {
  it('runs a command in the current folder and hands everything through', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 * 40 }, (_, index) => index % 256))
    const { status, stdout, stderr } = await run(
      ['exec', '--', 'bash', '-c', 'tee copy; echo err >&2; exit 42', 'x'],
      bytes,
    )
    expect(status).toBe(42)
    expect(stdout.equals(bytes)).toBe(true)
    expect(stderr).toBe('err\n')
    expect(readFileSync(join(here(), 'copy')).equals(bytes)).toBe(true)
    expect(statSync(join(here(), 'copy')).uid).not.toBe(0)
    // As root the folder was lent, and is given back.
    expect(statSync(here()).uid).toBe(process.getuid?.())
  })

  it('hands input on as it comes, and output back before the end', async () => {
    const child = start('exec', '--', 'cat')
    const seen: string[] = []
    child.stdout?.on('data', (bytes: Buffer) => seen.push(bytes.toString()))
    child.stdin?.write('first\n')
    await vi.waitUntil(() => seen.join('') === 'first\n', { timeout: 20_000, interval: 10 })
    child.stdin?.end('second\n')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(seen.join('')).toBe('first\nsecond\n')
  })

  it('passes named variables on, and no other', async () => {
    writeFileSync(join(folder, 'env.json'), '{"LD_PRELOAD": "/workspace/x.so", "OTHER": "two words"}')
    const { stdout, stderr } = await bash(
      'echo "$GREETING|$OTHER|$LD_PRELOAD|$SECRET_OF_THE_OPERATOR"',
      '--env=GREETING',
      `--env-file=${folder}/env.json`,
    )
    expect(stdout.toString()).toBe('hello|two words||\n')
    expect(stderr).toMatch(/not passed on: .*LD_PRELOAD/)
  })

  it('shows mounts, keeps what is protected, and takes one word as a line', async () => {
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data', 'file'), 'content')
    writeFileSync(join(here(), 'island'), 'ours')
    const line = 'cat /mnt/data/file; echo x >/mnt/data/file; echo x >island; ls'
    const { stdout } = await run(['exec', `--mount=${folder}/data`, '--protect=island', '--', line])
    expect(stdout.toString()).toBe('contentisland\n')
    expect(readFileSync(join(here(), 'island'), 'utf8')).toBe('ours')
  })

  it('says by its status what ended the command', async () => {
    const late = await bash('sleep 60', '--limit=wall=300ms')
    expect(late).toMatchObject({ status: 124, stderr: expect.stringContaining('wall-time') })
    const loud = await bash('yes', '--limit=output=10k')
    expect(loud).toMatchObject({ status: 137, stderr: expect.stringContaining('output') })
    expect(loud.stdout.length).toBe(10_240)
    const refused = await bash('true', '--protect=missing')
    expect(refused).toMatchObject({ status: 125, stderr: expect.stringContaining('missing') })
    expect((await bash('kill -TERM $$')).status).toBe(143)
    expect((await bash('true', '--limit=walls=1')).status).toBe(2)
  })

  it('ends the command when it is told to end', async () => {
    const child = start('exec', '--', 'bash', '-c', 'trap "" TERM INT; echo up; while :; do sleep 1; done')
    await once(child.stdout!, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
  })

  it('tells a program how it ended, and who held each limit', async () => {
    const { stdout } = await run(['exec', '--json', '--', 'bash', '-c', 'echo out'])
    const { ending, exitCode, stdout: out, enforced } = JSON.parse(stdout.toString())
    expect({ ending, exitCode, out }).toEqual({ ending: 'exited', exitCode: 0, out: 'out\n' })
    expect(enforced).toMatchObject({ wallMs: 'poll', processes: 'kernel', workspaceBytes: 'poll' })
  })

  it.runIf(isRoot)('runs as the owner of the folder when root asks', async () => {
    chownSync(here(), 4711, 4711)
    expect((await bash('touch mine')).status).toBe(0)
    expect(statSync(join(here(), 'mine')).uid).toBe(4711)
  })
})

describe('guildhall sandbox probe', () => {
  it('attacks the sandbox of this machine', async () => {
    const { status, stdout } = await run(['probe', '--json'])
    const { ok, checks } = JSON.parse(stdout.toString())
    expect({ status, ok }).toEqual({ status: 0, ok: true })
    expect(checks.length).toBeGreaterThanOrEqual(12)
  })
})
