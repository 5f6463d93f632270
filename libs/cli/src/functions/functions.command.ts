import {
  FunctionCall,
  FunctionCalled,
  FunctionList,
  FunctionListed,
  FunctionRegister,
  FunctionRegistered,
  FunctionRemove,
  FunctionRemoved,
  functionTiers,
} from '@guildhall/contracts'
import { type Command, Option } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { exitCodes, UsageError } from '../exit.codes.js'
import { collectText, parseJsonObject } from '../option.parsing.js'
import { printable } from '../terminal/text.js'
import { renderCall, renderFunction, renderFunctions, renderRegistration } from './function.rendering.js'
import { readRegistration, type RegisterOptions } from './registration.reading.js'

/** Longer than the executor gives a call, so that its answer is heard. */
const callTimeoutMs = 80_000

export function addFunctionCommands(program: Command, runner: CommandRunner): void {
  const functions = program.command('functions').description('what agents may call')

  functions
    .command('list')
    .description('every function, and how much care a call takes')
    .action(
      runner.action(async (session) => {
        const listed = await session.ask(FunctionList, {}, FunctionListed)
        session.output.result(listed, (paint) => renderFunctions(listed.functions, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  functions
    .command('show <name>')
    .description('its arguments as JSON Schema, its tier and limits, and where it comes from')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const listed = await session.ask(FunctionList, { name }, FunctionListed)
        const found = listed.functions.find((one) => one.name === name)
        if (!found) throw new UsageError(`There is no function "${name}"; see guildhall functions list.`)
        session.output.result({ function: found }, (paint) => renderFunction(found, paint))
      }),
    )

  functions
    .command('register')
    .description('adds a function: a folder with function.json and a program; or the tools of an MCP server')
    .argument(
      '[words...]',
      'the folder; or with --mcp, after --: the program of the server and its arguments',
    )
    .option('--mcp <server>', 'registers an MCP server under this name: its tools are mcp.<server>.<tool>')
    .option('--url <url>', 'of an MCP server that is reached by streamable HTTP')
    .option('--folder <dir>', 'the files of an MCP server; its program is called from inside it, read-only')
    .addOption(
      new Option('--tier <tier>', 'how much care its tools take; default: ask').choices(functionTiers),
    )
    .option('--repeatable', 'calling one of its tools twice is the same as calling it once')
    .option('--network', 'its program goes out to the hosts of the run that calls it')
    .option(
      '--secret <NAME=secret>',
      'the variable NAME of its program (with --url: the header NAME) holds this secret of the tenant; repeatable',
      collectText,
    )
    .action(
      runner.action(async (session, options: RegisterOptions, words: string[]) => {
        const { request, leftOut } = await readRegistration(options, words)
        const registered = await session.ask(FunctionRegister, request, FunctionRegistered, callTimeoutMs)
        for (const { path, reason } of leftOut)
          session.output.note(`left out: ${printable(path)} (${reason})`)
        session.output.result(registered, (paint) => renderRegistration(registered, paint))
        session.output.noteOmitted(registered.omitted)
      }),
    )

  functions
    .command('remove')
    .description(
      'takes a registered function, or a server with all its tools, away from runs that begin from now on',
    )
    .argument('<name>', 'custom.<name> or mcp.<server>')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const removed = await session.ask(FunctionRemove, { name }, FunctionRemoved)
        session.output.result(removed, () => `${printable(removed.name)} is removed.`)
      }),
    )

  functions
    .command('call <name>')
    .description('calls a function once, in an empty workspace and with what you yourself may do')
    .option('--arguments <json>', 'a JSON object; default: {}', parseJsonObject)
    .option('--yes', 'the call may be made although its tier is ask; the audit keeps that you said so')
    .addHelpText('after', '\nExit status: 0 when the function succeeded, else 1.')
    .action(
      runner.action(
        async (session, options: { arguments?: Record<string, unknown>; yes?: true }, name: string) => {
          const request = {
            name,
            arguments: options.arguments ?? {},
            ...(options.yes && { consent: options.yes }),
          }
          const called = await session.ask(FunctionCall, request, FunctionCalled, callTimeoutMs)
          session.output.result(called, (paint) => renderCall(called, paint))
          return called.ending === 'exited' && called.exitCode === 0 ? exitCodes.done : exitCodes.failed
        },
      ),
    )
}
