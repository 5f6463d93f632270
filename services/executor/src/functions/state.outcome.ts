import { StateError } from '@guildhall/state'
import type { FunctionOutcome } from './function.outcome.js'

export const stateKey = { type: 'string', minLength: 1, maxLength: 200 }

/** What came of it as JSON, or exit code 1 and the reason, such as `version-conflict`. */
export async function stateOutcome(work: () => Promise<object>): Promise<FunctionOutcome> {
  const beganAtMs = performance.now()
  const outcome = (exitCode: number, stdout: string, stderr: string): FunctionOutcome => ({
    ending: 'exited',
    exitCode,
    stdout,
    stderr,
    truncated: false,
    tookMs: Math.round(performance.now() - beganAtMs),
  })
  try {
    return outcome(0, JSON.stringify(await work()), '')
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    return outcome(1, '', `${error.code}: ${error.message}`)
  }
}
