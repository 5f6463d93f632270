import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './running.stack.js'

let folder: string
let copy: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guildhall-demo-'))
  copy = join(folder, 'clean copy')
  const made = new Set(['.git', '.guildhall', '.nx', 'dist', 'node_modules'])
  cpSync(root, copy, { recursive: true, filter: (path) => !made.has(basename(path)) })
  mkdirSync(join(folder, 'home'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface DemoReport {
  tasks: Record<string, { state: string; artifacts: { path: string }[]; agent?: { ephemeral: boolean } }>
}

// No inherited settings, and not the Node that runs this test: what a stranger's machine offers.
const strangersEnvironment = () => ({
  HOME: join(folder, 'home'),
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
})
const processesOfTheCopy = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .filter((line) => line.includes(copy))

describe('in a clean copy with an empty HOME', () => {
  it('npm run demo installs, starts, shows the main job and leaves no process behind', async () => {
    const { stdout } = await promisify(execFile)(
      'npm',
      ['run', '--silent', 'demo', '--', '--json', '--approve', 'once'],
      {
        cwd: copy,
        maxBuffer: 16 << 20,
        env: strangersEnvironment(),
      },
    )
    const report = JSON.parse(stdout) as DemoReport
    expect(report.tasks['fits']).toMatchObject({ state: 'completed' })
    expect(report.tasks['hires']).toMatchObject({ state: 'completed', agent: { ephemeral: true } })
    expect(report.tasks['nobody']).toMatchObject({ state: 'rejected' })
    const artifact = report.tasks['fits']?.artifacts.find(({ path }) => path.endsWith('report.md'))
    expect(readFileSync(artifact?.path ?? '', 'utf8')).toMatch(/MIT/)
    expect(processesOfTheCopy()).toEqual([])
  }, 400_000)

  it('every line of the README’s five minutes works', async () => {
    const readme = readFileSync(join(copy, 'README.md'), 'utf8')
    const tour = /<!-- test: tour -->\s+```bash\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    expect(tour).toContain('guildhall submit')
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', tour], {
      cwd: copy,
      maxBuffer: 16 << 20,
      env: strangersEnvironment(),
    })
    expect(stdout).toContain('librarian')
    expect(stdout).toContain('completed')
    expect(processesOfTheCopy()).toEqual([])
  }, 200_000)
})
