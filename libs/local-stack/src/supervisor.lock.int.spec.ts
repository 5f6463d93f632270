import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { AlreadyRunningError } from './stack.error.js'
import { livingSupervisor, takeSupervisorLock } from './supervisor.lock.js'

let dir: string
let lockFile: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'guildhall-lock-'))
  lockFile = join(dir, 'supervisor.json')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('takeSupervisorLock', () => {
  it('refuses a second supervisor while the first lives, and says which process that is', () => {
    takeSupervisorLock(lockFile, dir)
    expect(() => takeSupervisorLock(lockFile, dir)).toThrow(AlreadyRunningError)
    expect(() => takeSupervisorLock(lockFile, dir)).toThrow(String(process.pid))
    expect(livingSupervisor(lockFile)?.pid).toBe(process.pid)
  })

  it('is free again once released', () => {
    takeSupervisorLock(lockFile, dir)()
    expect(existsSync(lockFile)).toBe(false)
    takeSupervisorLock(lockFile, dir)()
  })

  it('takes the place of a supervisor that died, even where its pid is in use again', () => {
    writeFileSync(lockFile, JSON.stringify({ pid: process.pid, startedAt: 'another boot 1', marker: '' }))
    expect(livingSupervisor(lockFile)).toBeUndefined()
    const release = takeSupervisorLock(lockFile, dir)
    expect(JSON.parse(readFileSync(lockFile, 'utf8'))).not.toMatchObject({ startedAt: 'another boot 1' })
    release()
  })

  it('is not stopped by a lock file that is no JSON', () => {
    writeFileSync(lockFile, '{')
    takeSupervisorLock(lockFile, dir)()
  })
})
