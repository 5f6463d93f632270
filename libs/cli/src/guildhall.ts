import { CommandRunner } from './command.session.js'
import { failureOf } from './exit.codes.js'
import { guildhallProgram } from './program.js'
import { Output, type OutputStreams } from './terminal/output.js'

/**
 * Runs the `guildhall` command.
 * @param args without the program's own name
 * @returns the exit code: 0 done, 1 failed, 2 wrong use, 3 not reachable
 */
export async function main(args: readonly string[], streams: OutputStreams = process): Promise<number> {
  const runner = new CommandRunner(streams)
  try {
    await guildhallProgram(runner, streams).parseAsync(args, { from: 'user' })
    return runner.outcome.exitCode
  } catch (error) {
    const failure = failureOf(error)
    if (!failure) return 0
    // The options may not have been parsed, and a program still waits for its document.
    const isJson = args.includes('--json')
    new Output(isJson, streams).failure(failure.code, failure.message)
    return failure.exitCode
  }
}
