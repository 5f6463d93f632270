import {
  ClientFileError,
  RequestRefusedError,
  RequestTimeoutError,
  UnexpectedAnswerError,
  UnreachableError,
} from '@guildhall/client'
import { AlreadyRunningError, StackError } from '@guildhall/local-stack'
import { CommanderError } from 'commander'
import { type ExitCode, exitCodes, FailedError, UsageError } from './exit.codes.js'

/** How a command ends when it throws. */
interface Failure {
  exitCode: ExitCode
  /** Kebab-case, for programs. */
  code: string
  message: string
}

/** The one place that turns an error into an exit code; undefined when the error is none (help and version were shown). */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined
    // Without a subcommand commander shows the help, and calls that an error by this code.
    const message =
      error.code === 'commander.help' ? 'Say what to do; see above.' : error.message.replace(/^error: /, '')
    return { exitCode: exitCodes.wrongUse, code: 'usage', message }
  }
  const message = error instanceof Error ? error.message : String(error)
  const failure = (exitCode: ExitCode, code: string, text = message) => ({ exitCode, code, message: text })
  if (error instanceof UsageError) return failure(exitCodes.wrongUse, 'usage')
  if (error instanceof RequestRefusedError || error instanceof FailedError)
    return failure(exitCodes.failed, error.code)
  if (error instanceof ClientFileError)
    return error.problem === 'absent'
      ? failure(exitCodes.notReachable, 'not-running')
      : failure(exitCodes.failed, `client-file-${error.problem}`)
  if (error instanceof UnreachableError)
    return failure(exitCodes.notReachable, 'unreachable', `${message}\nIs it running? guildhall status`)
  if (error instanceof RequestTimeoutError) return failure(exitCodes.notReachable, 'no-answer')
  if (error instanceof UnexpectedAnswerError) return failure(exitCodes.failed, 'unexpected-answer')
  if (error instanceof AlreadyRunningError)
    return failure(exitCodes.failed, 'already-running', `${message}\n${error.advice}`)
  if (error instanceof StackError)
    return failure(exitCodes.failed, 'stack', `${error.step}: ${message}\n${error.advice}`)
  return failure(exitCodes.failed, 'internal', error instanceof Error ? (error.stack ?? message) : message)
}
