import { linkSync, renameSync, rmSync } from 'node:fs'

import { readJsonFile, writePrivateFile } from './private.file.js'
import { identify, isProcessIdentity, isRunning, type ProcessIdentity } from './process.identity.js'
import { AlreadyRunningError } from './stack.error.js'

/** The supervisor of this state directory, if one is alive. */
export function livingSupervisor(lockFile: string): ProcessIdentity | undefined {
  const holder = readJsonFile(lockFile)
  return isProcessIdentity(holder) && isRunning(holder) ? holder : undefined
}

/**
 * Makes this process the one supervisor of a state directory, until the returned function is called or it dies.
 *
 * @throws AlreadyRunningError while another one lives
 */
export function takeSupervisorLock(lockFile: string, stateDir: string): () => void {
  const self = identify(process.pid, '')
  if (self === undefined) throw new Error('this process cannot see itself')
  const draft = `${lockFile}.${process.pid}`
  writePrivateFile(draft, JSON.stringify(self))
  try {
    while (!linked(draft, lockFile)) {
      const holder = livingSupervisor(lockFile)
      if (holder !== undefined) throw new AlreadyRunningError(holder.pid, stateDir)
      setAside(lockFile)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return () => {
    const holder = readJsonFile(lockFile)
    if (isProcessIdentity(holder) && holder.pid === process.pid) rmSync(lockFile, { force: true })
  }
}

// A link appears with its whole content or not at all, and to one of several contenders only.
function linked(draft: string, lockFile: string): boolean {
  try {
    linkSync(draft, lockFile)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

// Two contenders may both have seen a dead holder: the slower one must not remove the faster one's fresh lock.
function setAside(lockFile: string): void {
  const aside = `${lockFile}.stale.${process.pid}`
  try {
    renameSync(lockFile, aside)
  } catch {
    return
  }
  const moved = readJsonFile(aside)
  if (isProcessIdentity(moved) && isRunning(moved)) linked(aside, lockFile)
  rmSync(aside, { force: true })
}
