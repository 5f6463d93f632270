import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, RunningStack } from './running.stack.js'

let guildhall: RunningStack

beforeAll(async () => {
  guildhall = await RunningStack.start()
})
afterAll(() => guildhall.stop())

describe('the README’s redis-cli lines', () => {
  it('submit a task and read the answer, exactly as they are printed', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const script = /<!-- test: wire -->\s+```bash\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    expect(script).toContain('XADD')
    const folder = mkdtempSync(join(tmpdir(), 'guildhall-wire-'))
    symlinkSync(guildhall.stateDir, join(folder, '.guildhall'))
    try {
      const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
        cwd: folder,
        env: { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin` },
      })
      expect(stdout).toContain('"type":"task.accepted"')
      expect(stdout).toContain('"correlationid":"01900000-0000-7000-8000-000000000001"')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
