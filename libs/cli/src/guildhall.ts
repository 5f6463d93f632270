import { CommandRunner } from './command.session.js'
import { programWithoutCommands } from './program.options.js'
import { addSandboxCommands } from './sandbox/sandbox.command.js'
import { Output, type OutputStreams } from './terminal/output.js'

/**
 * Runs the `guildhall` command.
 * @param args without the program's own name
 * @returns the exit code: 0 done, 1 failed, 2 wrong use, 3 not reachable
 */
export async function main(args: readonly string[], streams: OutputStreams = process): Promise<number> {
  const runner = new CommandRunner(streams)
  try {
    const program = await programFor(args, runner, streams)
    await program.parseAsync(args, { from: 'user' })
    return runner.outcome.exitCode
  } catch (error) {
    const { failureOf } = await import('./command.failure.js')
    const failure = failureOf(error)
    if (!failure) return 0
    // The options may not have been parsed, and a program still waits for its document.
    const isJson = args.includes('--json')
    new Output(isJson, streams).failure(failure.code, failure.message)
    return failure.exitCode
  }
}

/** Loading all commands takes longer than most commands run in a sandbox, so those that do are loaded alone. */
async function programFor(args: readonly string[], runner: CommandRunner, streams: OutputStreams) {
  if (args.find((word) => !word.startsWith('-')) === 'sandbox') {
    const program = programWithoutCommands(streams)
    addSandboxCommands(program, runner)
    return program
  }
  return (await import('./program.js')).guildhallProgram(runner, streams)
}
