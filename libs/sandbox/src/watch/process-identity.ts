import { setTimeout as delay } from 'node:timers/promises'
import { readProc } from './process-tree.js'

/** One process for ever: its number may go to another. */
export interface ProcessIdentity {
  pid: number
  /** Absent when it was dead already. */
  startTime: string | undefined
}

export const identify = (pid: number): ProcessIdentity => ({ pid, startTime: startTimeOf(pid) })

export const isAlive = (one: ProcessIdentity | undefined): boolean =>
  one?.startTime !== undefined && startTimeOf(one.pid) === one.startTime

/** Sends SIGKILL, to nobody else should it be dead. */
export function kill(one: ProcessIdentity | undefined): void {
  if (one === undefined || !isAlive(one)) return
  try {
    process.kill(one.pid, 'SIGKILL')
  } catch {
    // It ended in between.
  }
}

/**
 * False when it lives after `graceMs` still. PID 1 of a namespace is not even a zombie before every other process in it
 * is gone.
 */
export async function waitForDeath(one: ProcessIdentity | undefined, graceMs: number): Promise<boolean> {
  const deadline = performance.now() + graceMs
  for (let pauseMs = 1; isAlive(one); pauseMs = Math.min(2 * pauseMs, 50)) {
    if (performance.now() > deadline) return false
    await delay(pauseMs)
  }
  return true
}

/**
 * Start time in clock ticks since boot: with the PID it names one process for ever. Undefined once it is dead
 * (zombie included).
 */
export function startTimeOf(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  // The command name may contain spaces and brackets: fields are counted after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTime] = [fields[0], fields[19]]
  return state === undefined || 'ZXx'.includes(state) ? undefined : startTime
}
