import { constants } from 'node:os'
import type { SandboxEnding } from '../sandbox.js'

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

/**
 * How a call ended that nobody stopped. `exitCode` is bubblewrap's report: 128 + n for signal n, absent when
 * nothing was started.
 */
export function endingOf(exitCode: number | undefined): {
  ending: SandboxEnding
  exitCode?: number
  signal?: string
} {
  if (exitCode === undefined) return { ending: 'sandbox-failed' }
  const signal = exitCode > 128 ? signalNames.get(exitCode - 128) : undefined
  if (signal === undefined) return { ending: 'exited', exitCode }
  return { ending: signal === 'SIGXCPU' ? 'cpu-time' : 'signaled', exitCode, signal }
}
