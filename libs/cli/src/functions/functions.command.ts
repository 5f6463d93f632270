import { FunctionList, FunctionListed } from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { UsageError } from '../exit.codes.js'
import { renderFunction, renderFunctions } from './function.rendering.js'

export function addFunctionCommands(program: Command, runner: CommandRunner): void {
  const functions = program.command('functions').description('what agents may call')

  functions
    .command('list')
    .description('every function, and how much care a call takes')
    .action(
      runner.action(async (session) => {
        const listed = await session.ask(FunctionList, {}, FunctionListed)
        session.output.result(listed, (paint) => renderFunctions(listed.functions, paint))
      }),
    )

  functions
    .command('show <name>')
    .description('its arguments as JSON Schema, its tier and limits')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const listed = await session.ask(FunctionList, {}, FunctionListed)
        const found = listed.functions.find((one) => one.name === name)
        if (!found) {
          const names = listed.functions.map((one) => one.name).join(', ')
          throw new UsageError(`There is no function "${name}"; there are ${names}.`)
        }
        session.output.result({ function: found }, (paint) => renderFunction(found, paint))
      }),
    )
}
