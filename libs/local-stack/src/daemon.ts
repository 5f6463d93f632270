import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { logTail, openLog } from './log.file.js'
import { listensOn } from './port.owner.js'
import type { ProcessPlan } from './process.plan.js'
import { findProgram } from './search.path.js'
import { StackError } from './stack.error.js'

export interface Exit {
  readonly code: number | undefined
  readonly signal: string | undefined
  readonly livedMs: number
}

/** One life of a planned process. */
export interface Daemon {
  readonly pid: number
  /** Never rejects. */
  readonly exited: Promise<Exit>
  /** Undefined while it runs. */
  exit(): Exit | undefined
}

/**
 * Starts a process in a session of its own, so that a Ctrl-C at the terminal reaches the supervisor alone and the order of
 * stopping stays ours. On Linux the kernel sends it SIGTERM should this process die without stopping it.
 *
 * @throws StackError when it cannot be started at all
 */
export function spawnDaemon(plan: ProcessPlan): Daemon {
  const startedAt = Date.now()
  const log = openLog(plan.logFile)
  const [command, ...args] = withDeathSignal([plan.command, ...plan.args], plan.env['PATH'] ?? '')
  const child = spawn(command, args, {
    cwd: plan.cwd,
    env: plan.env,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const { pid } = child
  let exit: Exit | undefined
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', () => {})
    child.once('exit', (code, signal) => {
      exit = { code: code ?? undefined, signal: signal ?? undefined, livedMs: Date.now() - startedAt }
      if (pid !== undefined) endSession(pid)
      resolve(exit)
    })
  })
  if (pid === undefined) {
    throw new StackError(
      plan.name,
      `${plan.command} could not be started.`,
      'Check that it exists and may be run.',
    )
  }
  return { pid, exited, exit: () => exit }
}

/** @throws StackError with the last lines of its log when it dies or is not ready in time */
export async function untilReady(plan: ProcessPlan, daemon: Daemon): Promise<void> {
  const startedAt = Date.now()
  for (;;) {
    if (daemon.exit() === undefined && (await plan.isReady()) && ownsItsPort(plan, daemon)) return
    const exit = daemon.exit()
    if (exit !== undefined) {
      throw new StackError(
        plan.name,
        `${plan.name} ended while starting (${describeExit(exit)}).`,
        adviceFrom(plan),
      )
    }
    const waitedMs = Date.now() - startedAt
    if (waitedMs > plan.readyTimeoutMs) {
      throw new StackError(
        plan.name,
        `${plan.name} was not ready after ${plan.readyTimeoutMs / 1000} s.`,
        adviceFrom(plan),
      )
    }
    // Often at first, when a server is ready in no time; seldom later, when looking would take time from a slow one.
    await sleep(Math.min(10 + waitedMs / 10, 100))
  }
}

/** SIGTERM, then SIGKILL when it has not ended in the plan's time. Resolves once it is gone. */
export async function endDaemon(plan: ProcessPlan, daemon: Daemon): Promise<void> {
  const tooLate = setTimeout(() => signalDaemon(daemon, 'SIGKILL'), plan.stopTimeoutMs)
  if (plan.stopsOnlyWhenReady) {
    while (daemon.exit() === undefined && !(await plan.isReady())) await sleep(25)
  }
  signalDaemon(daemon, 'SIGTERM')
  await daemon.exited
  clearTimeout(tooLate)
}

export function signalDaemon(daemon: Daemon, signal: NodeJS.Signals): void {
  if (daemon.exit() !== undefined) return
  try {
    process.kill(daemon.pid, signal)
  } catch {
    // It ended a moment ago; its exit is about to be reported.
  }
}

export function describeExit(exit: Exit): string {
  return exit.signal === undefined ? `exit code ${exit.code ?? 'unknown'}` : exit.signal
}

function ownsItsPort(plan: ProcessPlan, daemon: Daemon): boolean {
  return plan.listensOn === undefined || listensOn(daemon.pid, plan.listensOn)
}

function adviceFrom(plan: ProcessPlan): string {
  const lines = logTail(plan.logFile)
  return `Its log is ${plan.logFile}${lines === '' ? ' (empty).' : `; the last lines:\n${lines}`}`
}

function withDeathSignal(command: [string, ...string[]], path: string): [string, ...string[]] {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv', path) : undefined
  return setpriv === undefined ? command : [setpriv, '--pdeathsig', 'TERM', '--', ...command]
}

// The process led a session: what it started and did not end goes with it.
function endSession(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody left, as it should be.
  }
}
