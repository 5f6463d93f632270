import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './running.stack.js'

let folder: string
let copy: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guildhall-demo-'))
  copy = join(folder, 'clean copy')
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
  })
    .toString()
    .split('\0')
    .filter((file) => file && existsSync(join(root, file)))
  for (const file of files) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  mkdirSync(join(folder, 'home'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface DemoReport {
  tasks: Record<string, { state: string; artifacts: { path: string }[]; agent?: { ephemeral: boolean } }>
}

describe('npm run demo in a clean copy with an empty HOME', () => {
  it('installs, starts, shows the main job and leaves no process behind', async () => {
    const { stdout } = await promisify(execFile)(
      'npm',
      ['run', '--silent', 'demo', '--', '--json', '--approve', 'once'],
      {
        cwd: copy,
        maxBuffer: 16 << 20,
        // No inherited settings, and not the Node that runs this test: what a stranger's machine offers.
        env: {
          HOME: join(folder, 'home'),
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        },
      },
    )
    const report = JSON.parse(stdout) as DemoReport
    expect(report.tasks['fits']).toMatchObject({ state: 'completed' })
    expect(report.tasks['hires']).toMatchObject({ state: 'completed', agent: { ephemeral: true } })
    expect(report.tasks['nobody']).toMatchObject({ state: 'rejected' })
    const artifact = report.tasks['fits']?.artifacts.find(({ path }) => path.endsWith('report.md'))
    expect(readFileSync(artifact?.path ?? '', 'utf8')).toMatch(/MIT/)
    const processes = execFileSync('ps', ['-eo', 'args']).toString()
    expect(processes.split('\n').filter((line) => line.includes(copy))).toEqual([])
  }, 400_000)
})
