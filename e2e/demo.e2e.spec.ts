import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './running.stack.js'

let folder: string
let copy: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guildhall-demo-'))
  copy = join(folder, 'clean copy')
  const made = new Set(['.git', '.guildhall', '.nx', 'dist'])
  const packages: string[] = []
  cpSync(root, copy, {
    recursive: true,
    filter: (path) => {
      if (basename(path) === 'node_modules') packages.push(path)
      return !made.has(basename(path)) && !packages.includes(path)
    },
  })
  for (const path of packages) copyPackages(path, join(copy, relative(root, path)))
  mkdirSync(join(folder, 'home'))
})
/** As hard links where the disk allows it: they are some 50,000 files, and nobody writes into them. */
function copyPackages(from: string, to: string): void {
  if (spawnSync('cp', ['-al', from, to]).status === 0) return
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
}

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

describe('in a clean copy of the sources with their packages and an empty HOME', () => {
  it('npm run demo builds, starts, shows the main job and leaves no process behind', async () => {
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
