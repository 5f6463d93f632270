import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { createBubblewrapSandbox, defaultLimits, SandboxUnavailableError } from './index.js'
import { ownMark } from './watch/owner-mark.js'

it('finds this machine able to isolate, and leaves nothing in the temporary folder', async () => {
  const report = await createBubblewrapSandbox().probe()
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
  expect(report.ok).toBe(true)
  expect(report.checks.length).toBeGreaterThanOrEqual(12)
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`sandbox-${ownMark()}-`))).toEqual([])
})

it('says what to install when bubblewrap is missing', async () => {
  const sandbox = createBubblewrapSandbox({ bwrapPath: '/nowhere/bwrap' })
  const call = sandbox.run({
    argv: ['true'],
    env: {},
    workspace: '/nowhere',
    mounts: [],
    limits: defaultLimits,
  })
  await expect(call).rejects.toThrow(SandboxUnavailableError)
  await expect(call).rejects.toThrow('sudo apt-get install bubblewrap')
  const report = await sandbox.probe()
  expect(report.ok).toBe(false)
  expect(report.checks[0]?.detail).toContain('apt-get install bubblewrap')
})
