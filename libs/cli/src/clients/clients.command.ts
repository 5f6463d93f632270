import {
  ClientChange,
  ClientChanged,
  ClientList,
  ClientListed,
  ClientRegister,
  ClientRegistered,
  ClientRevoke,
  ClientRevoked,
  type Role,
  roles,
} from '@guildhall/contracts'
import { type Command, InvalidArgumentError } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { collectNames, parseCount } from '../option.parsing.js'
import { renderClient, renderClients } from './client.rendering.js'

export function addClientCommands(program: Command, runner: CommandRunner): void {
  const clients = program.command('clients').description('who may speak, and in which roles')

  clients
    .command('list')
    .description('clients of every tenant, by id')
    .option('--tenant <tenant>', 'only of this tenant')
    .option('--after <id>', 'only ids after this one')
    .option('--limit <count>', 'at most so many', parseCount(1, 500), 100)
    .action(
      runner.action(async (session, options: { tenant?: string; after?: string; limit: number }) => {
        const { tenant, after, limit } = options
        const question = {
          limit,
          ...(tenant !== undefined && { tenant }),
          ...(after !== undefined && { after }),
        }
        const listed = await session.ask(ClientList, question, ClientListed)
        session.output.result(listed, (paint) => renderClients(listed.clients, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  clients
    .command('add <id>')
    .description('a new client; it speaks once it has a token: guildhall tokens issue')
    .requiredOption('--tenant <tenant>', 'whose it is, for good')
    .option('--roles <roles>', `of ${roles.join(', ')}`, collectRoles, [])
    .action(
      runner.action(async (session, options: { tenant: string; roles: Role[] }, clientId: string) => {
        const { tenant, roles: held } = options
        const answer = await session.ask(ClientRegister, { clientId, tenant, roles: held }, ClientRegistered)
        session.output.result(answer, (paint) => renderClient(answer.client, paint))
      }),
    )

  clients
    .command('change <id>')
    .description('give a client other roles, in place of those that it has')
    .requiredOption('--roles <roles>', `of ${roles.join(', ')}; empty for none`, collectRoles)
    .action(
      runner.action(async (session, options: { roles: Role[] }, clientId: string) => {
        const answer = await session.ask(ClientChange, { clientId, roles: options.roles }, ClientChanged)
        session.output.result(answer, (paint) => renderClient(answer.client, paint))
      }),
    )

  clients
    .command('revoke <id>')
    .description('know a client no more, for good')
    .action(
      runner.action(async (session, _options: object, clientId: string) => {
        const answer = await session.ask(ClientRevoke, { clientId }, ClientRevoked)
        session.output.result(answer, (paint) => renderClient(answer.client, paint))
      }),
    )
}

function collectRoles(value: string, earlier: string[] = []): string[] {
  const named = collectNames(value, earlier)
  const wrong = named.find((name) => !roles.includes(name as Role))
  if (wrong !== undefined) throw new InvalidArgumentError(`Roles are ${roles.join(', ')}.`)
  return [...new Set(named)]
}
