import type { TaskRun } from '@guildhall/contracts'
import type { CallSurroundings } from '../functions/function.caller.js'

/** What a runtime works with: the request, and everything that a function call needs. */
export interface RuntimeContext extends CallSurroundings {
  request: TaskRun
  /** Where functions see the task's folders, in the order of the request. */
  taskMounts: readonly string[]
  /**
   * Keeps a text that is too long to be shown as an artifact of the run. Idempotent.
   * @returns the artifact's name
   */
  keepText(name: string, text: string): Promise<string>
}

/** One way to carry out an agent's task. */
export interface AgentRuntime {
  /**
   * @returns the run's result
   * @throws RunFailure when the agent could not do it; RunInterrupted
   */
  run(context: RuntimeContext): Promise<string>
}

const resultLimitChars = 8_000

/** A result as messages carry it. */
export function resultText(text: string): string {
  return text.trim().slice(0, resultLimitChars).toWellFormed()
}
