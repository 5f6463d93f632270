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
import { UsageError } from '../exit.codes.js'
import { collectNames, parseCount } from '../option.parsing.js'
import { addRightsOptions, namedRights, type RightsOptions, type RightsWording } from '../rights.options.js'
import { renderClient, renderClients } from './client.rendering.js'

const rightsWording = {
  function: 'what its tasks may call: bash,fs.* or "*" for all; nothing that is not named',
  mount: 'a folder on the executor’s host that its tasks may see, with all below it; may be given again',
  host: 'what its tasks may reach: host:port, *.example.com:443 or "*:*", separated by commas',
  budget: 'at most that in one run: tokens=50000,usd=2.5,calls=100,time=10m',
} satisfies RightsWording

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

  const add = clients
    .command('add <id>')
    .description('a new client; it speaks once it has a token: guildhall tokens issue')
    .requiredOption('--tenant <tenant>', 'whose it is, for good')
    .option('--roles <roles>', `of ${roles.join(', ')}`, collectRoles, [])
  addRightsOptions(add, rightsWording).action(
    runner.action(async (session, options: AddOptions, clientId: string) => {
      const { tenant, roles: held } = options
      const rights = namedRights(options)
      const request = { clientId, tenant, roles: held, ...(rights && { rights }) }
      const answer = await session.ask(ClientRegister, request, ClientRegistered)
      session.output.result(answer, (paint) => renderClient(answer.client, paint))
    }),
  )

  const change = clients
    .command('change <id>')
    .description('give a client other roles, or other rights in place of all that it has')
    .option('--roles <roles>', `of ${roles.join(', ')}; empty for none`, collectRoles)
  addRightsOptions(change, rightsWording).action(
    runner.action(async (session, options: RightsOptions & { roles?: Role[] }, clientId: string) => {
      const rights = namedRights(options)
      const wish = { ...(options.roles && { roles: options.roles }), ...(rights && { rights }) }
      if (Object.keys(wish).length === 0) throw new UsageError('Name --roles, or rights such as --function.')
      const answer = await session.ask(ClientChange, { clientId, ...wish }, ClientChanged)
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

interface AddOptions extends RightsOptions {
  tenant: string
  roles: Role[]
}

function collectRoles(value: string, earlier: string[] = []): string[] {
  const named = collectNames(value, earlier)
  const wrong = named.find((name) => !roles.includes(name as Role))
  if (wrong !== undefined) throw new InvalidArgumentError(`Roles are ${roles.join(', ')}.`)
  return [...new Set(named)]
}
