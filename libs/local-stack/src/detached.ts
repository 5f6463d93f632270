import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { openLog } from './log.file.js'
import { isRunning } from './process.identity.js'
import { AlreadyRunningError, StackError } from './stack.error.js'
import type { StackOptions } from './stack.options.js'
import type { StackInfo } from './stack.record.js'
import { makeStateDir, stateDirAt } from './state.dir.js'
import { livingSupervisor } from './supervisor.lock.js'
import type { StartRequest, SupervisorReport } from './supervisor.messages.js'

/**
 * Starts the stack under a supervisor of its own in the background and returns when everything is ready. Should this
 * process die before that, the supervisor stops what it had started.
 *
 * @throws AlreadyRunningError, StackError as `startStack` does
 */
export async function startDetached(options: Omit<StackOptions, 'exitSignals'>): Promise<StackInfo> {
  const { onProgress, ...settings } = options
  const dir = stateDirAt(settings.stateDir ?? join(settings.root, '.guildhall'))
  makeStateDir(dir)
  const logFile = join(dir.logs, 'supervisor.log')
  const log = openLog(logFile)
  const main = join(settings.root, 'libs', 'local-stack', 'dist', 'supervisor.main.js')
  const child = spawn(process.execPath, [main], {
    cwd: settings.root,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const ended = new Promise<SupervisorReport>((resolve) => {
    const failure = {
      kind: 'failed',
      step: 'start',
      message: 'The supervisor ended before the stack was ready.',
    } as const
    child.once('error', (error) => resolve({ ...failure, advice: error.message }))
    child.once('exit', () => resolve({ ...failure, advice: `See ${logFile}.` }))
  })
  const reported = new Promise<SupervisorReport>((resolve) => {
    child.on('message', (message: SupervisorReport) => {
      if (message.kind === 'progress') onProgress(message.step, message.isDone)
      else resolve(message)
    })
  })
  const request: StartRequest = { settings }
  // Not delivered when it could not be started or has ended at once: `ended` tells.
  child.send(request, () => {})
  const outcome = await Promise.race([reported, ended])
  if (outcome.kind === 'ready') {
    child.unref()
    return outcome.info
  }
  await ended
  if (outcome.kind === 'already-running') throw new AlreadyRunningError(outcome.pid, outcome.stateDir)
  if (outcome.kind === 'failed') throw new StackError(outcome.step, outcome.message, outcome.advice)
  throw new Error('unexpected report of the supervisor')
}

/**
 * Asks the supervisor of a state directory to stop everything, and waits until it is gone.
 *
 * @returns false when none was running
 * @throws StackError when it is not gone in time
 */
export async function stopDetached(stateDir: string, timeoutMs = 60_000): Promise<boolean> {
  const supervisor = livingSupervisor(stateDirAt(stateDir).lockFile)
  if (supervisor === undefined) return false
  process.kill(supervisor.pid, 'SIGTERM')
  const deadline = Date.now() + timeoutMs
  while (isRunning(supervisor)) {
    if (Date.now() > deadline) {
      throw new StackError(
        'stop',
        `The supervisor (process ${supervisor.pid}) is still stopping after ${timeoutMs / 1000} s.`,
        `See ${join(stateDirAt(stateDir).logs, 'supervisor.log')}.`,
      )
    }
    await sleep(50)
  }
  return true
}
