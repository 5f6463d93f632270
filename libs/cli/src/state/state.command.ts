import { StateDelete, StateDeleted, StateFound, StateGet, StateSet, StateStored } from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { exitCodes } from '../exit.codes.js'
import { jsonOrText, parseDuration } from '../option.parsing.js'
import { printable } from '../terminal/text.js'

export function addStateCommands(program: Command, runner: CommandRunner): void {
  const state = program.command('state').description('values that agents and people keep')

  state
    .command('get <key>')
    .description('the value as JSON; exit code 1 when there is none')
    .action(
      runner.action(async (session, _options: object, key: string) => {
        const found = await session.ask(StateGet, { key }, StateFound)
        session.output.result({ ...found, value: found.value ?? null }, () =>
          found.found ? JSON.stringify(found.value, undefined, 2) : `There is no ${printable(key)}.`,
        )
        return found.found ? exitCodes.done : exitCodes.failed
      }),
    )

  state
    .command('set <key> <value>')
    .description('keep a value: JSON, or else text')
    .option('--persist', 'in the database too, so that it survives the loss of Redis')
    .option('--ttl <duration>', 'gone after this time: 90s, 5m, 2h, 1d', parseDuration)
    .action(
      runner.action(
        async (session, options: { persist?: boolean; ttl?: number }, key: string, value: string) => {
          const { persist, ttl } = options
          const setting = {
            key,
            value: jsonOrText(value),
            ...(persist && { persist }),
            ...(ttl !== undefined && { ttlMs: ttl }),
          }
          const stored = await session.ask(StateSet, setting, StateStored)
          session.output.result(stored, () => `Kept ${printable(stored.key)}.`)
        },
      ),
    )

  state
    .command('delete <key>')
    .description('forget a value; forgetting it again is fine')
    .action(
      runner.action(async (session, _options: object, key: string) => {
        const deleted = await session.ask(StateDelete, { key }, StateDeleted)
        session.output.result(deleted, () => `Forgot ${printable(deleted.key)}.`)
      }),
    )
}
