import { createHash, randomBytes } from 'node:crypto'
import {
  ClientList,
  ClientListed,
  type ClientView,
  TokenIssue,
  TokenIssued,
  TokenRevoke,
  TokenRevoked,
  type TokenView,
} from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { completeId, isWholeId } from '../id.prefix.js'
import { parseDuration } from '../option.parsing.js'
import { printable, when } from '../terminal/text.js'
import { writeNewClientFile } from './client.file.writing.js'
import { renderTokens } from './client.rendering.js'

export function addTokenCommands(program: Command, runner: CommandRunner): void {
  const tokens = program.command('tokens').description('what clients prove themselves with')

  tokens
    .command('list')
    .description('tokens with their labels; what they are is kept nowhere')
    .option('--client <id>', 'only of this client')
    .action(
      runner.action(async (session, options: { client?: string }) => {
        const { client } = options
        const clients = (await allClients(session)).filter(({ id }) => client === undefined || id === client)
        const listed = clients.flatMap(({ id, tokens: own }) =>
          own.map((token) => ({ clientId: id, ...token })),
        )
        session.output.result({ tokens: listed }, (paint) => renderTokens(clients, paint))
      }),
    )

  tokens
    .command('issue <client>')
    .description('one more token for a client; it is shown this once, or put into a file')
    .requiredOption('--label <text>', 'what it is for')
    .option('--expires-in <duration>', 'until then: 12h, 30d; default: for ever', parseDuration)
    .option(
      '--client-file <file>',
      'write a client file that only you can read, instead of showing the token',
    )
    .action(
      runner.action(
        async (
          session,
          options: { label: string; expiresIn?: number; clientFile?: string },
          clientId: string,
        ) => {
          const { clientFile } = options
          if (clientFile === undefined) {
            const { value, issued } = await issueToken(session, clientId, options)
            const { token, replyStream } = issued
            session.output.result({ token: { ...token, value }, clientId, replyStream }, () => value)
            session.output.note(
              `The token of ${clientId}, ${lifetimeOf(token)}. It is kept nowhere: keep it now.`,
            )
            return
          }
          const { token } = await writeNewClientFile(session.config.clientFile, clientFile, async () => {
            const { value, issued } = await issueToken(session, clientId, options)
            return { own: { id: clientId, token: value, replyStream: issued.replyStream }, result: issued }
          })
          session.output.result(
            { token, clientId, clientFile },
            () => `${printable(clientFile)} lets its reader speak as ${clientId}, ${lifetimeOf(token)}.`,
          )
        },
      ),
    )

  tokens
    .command('revoke <id>')
    .description('make a token worthless; a unique beginning of the id is enough')
    .action(
      runner.action(async (session, _options: object, id: string) => {
        const tokenId = isWholeId(id) ? id : completeId(id, await allTokenIds(session), 'token')
        const revoked = await session.ask(TokenRevoke, { tokenId }, TokenRevoked)
        session.output.result(
          revoked,
          () => `Revoked ${printable(revoked.token.label)} of ${revoked.clientId}.`,
        )
      }),
    )
}

async function allTokenIds(session: CommandSession): Promise<string[]> {
  return (await allClients(session)).flatMap(({ tokens }) => tokens.map(({ id }) => id))
}

async function allClients(session: CommandSession): Promise<ClientView[]> {
  const clients: ClientView[] = []
  for (;;) {
    const after = clients.at(-1)?.id
    const question = { limit: 500, ...(after !== undefined && { after }) }
    const page = await session.ask(ClientList, question, ClientListed)
    clients.push(...page.clients)
    if (page.omitted === 0 || page.clients.length === 0) return clients
  }
}

/** Makes a token; only its hash leaves this process. */
async function issueToken(
  session: CommandSession,
  clientId: string,
  { label, expiresIn }: { label: string; expiresIn?: number },
): Promise<{ value: string; issued: TokenIssued }> {
  const value = randomBytes(32).toString('hex')
  const request = {
    clientId,
    sha256: createHash('sha256').update(value).digest('hex'),
    label,
    ...(expiresIn !== undefined && { expiresAt: new Date(Date.now() + expiresIn).toISOString() }),
  }
  return { value, issued: await session.ask(TokenIssue, request, TokenIssued) }
}

function lifetimeOf({ expiresAt }: TokenView): string {
  return expiresAt ? `until ${when(expiresAt)} UTC` : 'for ever'
}
