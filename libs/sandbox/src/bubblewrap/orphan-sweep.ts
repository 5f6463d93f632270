import { readdirSync, readFileSync } from 'node:fs'
import { launchSignature } from './arguments.js'

const signature = launchSignature.join('\0')

/**
 * Whether the process runs bubblewrap with a command line that only this library gives it, under whatever
 * path.
 */
function isLaunchedHere(pid: number): boolean {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  return words.slice(words.indexOf('\0') + 1).startsWith(signature)
}

function isOrphan(pid: number): boolean {
  try {
    if (!isLaunchedHere(pid)) return false
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    // One number for each PID namespace around it, the innermost last.
    const isInit = /^NSpid:\s+\d+.*\s1$/m.test(status)
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1])
    return isInit && (parent === 0 || !isLaunchedHere(parent))
  } catch {
    // It ended, or belongs to somebody else.
    return false
  }
}

/**
 * Kills what an earlier process left when it was killed within the milliseconds of a launch: bubblewrap's
 * child, cloned but not yet told to die with its parent, waits for ever. Such a process is the PID 1 of a
 * namespace whose launcher is gone, so nobody can be waiting for it.
 *
 * @returns how many were found
 */
export function sweepOrphans(): number {
  const orphans = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isOrphan(pid))
  for (const pid of orphans) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended in between.
    }
  }
  return orphans.length
}
