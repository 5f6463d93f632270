import type { GuildhallClient } from '@guildhall/client'
import type { PayloadClass } from '@guildhall/contracts'
import type { Command } from 'commander'
import { type CliConfig, cliConfig } from './cli.config.js'
import { exitCodes } from './exit.codes.js'
import { Output, type OutputStreams } from './terminal/output.js'

/** What a command works with; its connection is made on first use and closed when the command is over. */
export class CommandSession {
  #client: Promise<GuildhallClient> | undefined

  constructor(
    readonly config: CliConfig,
    readonly output: Output,
  ) {}

  /** @throws ClientFileError when nothing was ever started here */
  client(): Promise<GuildhallClient> {
    this.#client ??= connect(this.config)
    return this.#client
  }

  /** Asks a service and returns its answer. `timeoutMs` as the client has it by default. */
  async ask<Q extends object, R extends object>(
    payload: PayloadClass<Q>,
    value: Q,
    reply: PayloadClass<R>,
    timeoutMs?: number,
  ): Promise<R> {
    const client = await this.client()
    return (await client.request(payload, value, reply, timeoutMs === undefined ? {} : { timeoutMs })).value
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    await client?.close()
  }
}

/** What a command does; it returns an exit code where that is not `done`: its own, or that of a program it ran. */
type CommandWork<A extends unknown[], O> = (
  session: CommandSession,
  options: O,
  ...args: A
) => Promise<number | void>

/** Where the exit code of the command that ran is kept until the process ends. */
interface CommandOutcome {
  exitCode: number
}

/** Makes commander's action of a command's work. */
export class CommandRunner {
  readonly outcome: CommandOutcome = { exitCode: exitCodes.done }

  constructor(private readonly streams: OutputStreams) {}

  action<A extends unknown[], O extends object>(work: CommandWork<A, O>) {
    return async (...given: unknown[]): Promise<void> => {
      const command = given.at(-1) as Command
      const options = command.optsWithGlobals<O & { json?: boolean; root?: string }>()
      const session = new CommandSession(
        cliConfig(options.root),
        new Output(options.json === true, this.streams),
      )
      try {
        const code = await work(session, options, ...(given.slice(0, -2) as A))
        this.outcome.exitCode = code ?? exitCodes.done
      } finally {
        await session.close()
      }
    }
  }
}

async function connect(config: CliConfig): Promise<GuildhallClient> {
  // Loading it takes longer than commands that speak to no service run.
  const { GuildhallClient, readClientFile } = await import('@guildhall/client')
  const { id, ...credentials } = await readClientFile(config.clientFile)
  return new GuildhallClient({ ...credentials, client: id })
}
