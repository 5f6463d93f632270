import { spawn } from 'node:child_process'

const passedOn = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * @typedef {object} Outcome
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {string} output stdout and stderr together; empty when they were inherited
 * @property {NodeJS.Signals} [interruptedBy] the signal that this process got, and passed on, meanwhile
 */

/**
 * Runs a program to its end; a signal that reaches this process meanwhile is passed on to it, so that neither outlives
 * the other. Never rejects for an exit code; rejects when the program cannot be started. Where the output is collected,
 * the program is a mere step: a signal then ends this process as well, once the program is gone.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean }} [options] show: use this terminal instead of collecting the output
 * @returns {Promise<Outcome>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: options.show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    /** @type {Buffer[]} */
    const chunks = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    /** @type {NodeJS.Signals | undefined} */
    let interruptedBy
    /** @param {NodeJS.Signals} signal */
    const passOn = (signal) => {
      interruptedBy = signal
      child.kill(signal)
    }
    for (const signal of passedOn) process.on(signal, passOn)
    const settle = () => {
      for (const signal of passedOn) process.off(signal, passOn)
    }
    child.once('error', (error) => {
      settle()
      reject(error)
    })
    child.once('close', (code, signal) => {
      settle()
      if (interruptedBy && !options.show) process.kill(process.pid, interruptedBy)
      else
        resolve({
          code,
          signal,
          output: Buffer.concat(chunks).toString(),
          ...(interruptedBy && { interruptedBy }),
        })
    })
  })
}

/**
 * Ends this process the way the program ended: same exit code, or the same signal.
 *
 * @param {Outcome} outcome
 */
export function endAs(outcome) {
  if (outcome.signal) process.kill(process.pid, outcome.signal)
  else process.exit(outcome.code ?? 1)
}
