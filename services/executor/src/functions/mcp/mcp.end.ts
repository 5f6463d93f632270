import { type FunctionOutcome, notPermitted, outcomeOf } from '../function.outcome.js'
import type { PipeEnd } from '../sandbox.pipe.js'
import type { ToolChange } from './tool.change.js'

interface McpFailure extends PipeEnd {
  error: Error
  /** The server answered with this error. */
  isAnswer: boolean
}

/** What came of a conversation, and how the program that it was held with ended. */
export type McpEnd<T> = (PipeEnd & { value: T }) | McpFailure

/** The tool is not what was registered: what a person allowed was another one. */
export class ToolChangedError extends Error {
  override readonly name = 'ToolChangedError'

  /** @param change absent: a person could not allow it either. */
  constructor(
    message: string,
    readonly change?: ToolChange,
  ) {
    super(message)
  }
}

/** Why a conversation came to nothing: what ended the program, else what went wrong while it was spoken with. */
export function outcomeOfFailure({ result, isOurs, stderr, error, isAnswer }: McpFailure): FunctionOutcome {
  if (error instanceof ToolChangedError)
    return { ...notPermitted(error.message), ...(error.change && { changed: error.change }) }
  const { exitCode: _, ...outcome } = outcomeOf({ ...result, stderr })
  const said = (outcome.stderr.trim() + `\n${error.message.slice(0, 1_000).toWellFormed()}\n`).trimStart()
  if (isAnswer) return { ...outcome, ending: 'exited', exitCode: 1, stderr: said }
  if (isOurs || (result.ending === 'exited' && result.exitCode === 0))
    return { ...outcome, ending: 'invalid-result', stderr: said }
  return outcomeOf({ ...result, stderr })
}
