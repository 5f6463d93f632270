import {
  hardLimitBytes,
  inlineLimitBytes,
  type MessageDefinition,
  refusalCodes,
  roles,
  topology,
} from '@guildhall/contracts'
import { replyRetention } from '@guildhall/redis-streams'
import { type Definitions, type JsonSchema, reachableTypes } from './json.schema.js'
import type { KeyKind } from './key.grammar.js'
import { markdownTable } from './markdown.table.js'
import { summaryOf } from './message.summary.js'
import { type RedisRight, usersOfKey } from './redis.rights.js'
import { code, figure, schemaInWords, typeLink } from './schema.words.js'

const { messages, services } = topology

/** The blocks of docs/streams.md that follow from the code, by name. */
export function streamsPageBlocks(
  schemas: Definitions,
  keys: readonly KeyKind[],
  rights: readonly RedisRight[],
): Record<string, string> {
  return {
    keys: keysTable(keys, rights),
    'client-rights': clientRights(rights),
    'gateway-fields': fieldsTable(schemas['GatewayFields'] ?? {}),
    header: fieldsTable(schemas['EventHeader'] ?? {}),
    stamp: fieldsTable(schemas['Stamp'] ?? {}),
    roles: rolesTable(),
    limits: limitsTable(),
    refusals: refusalsTable(),
    'dead-letter': fieldsTable(schemas['DeadLetterError'] ?? {}),
    messages: messagesTable(),
    payloads: messages.map((row) => payloadSection(row, schemas)).join('\n\n'),
    types: typeSections(schemas),
  }
}

function keysTable(kinds: readonly KeyKind[], rights: readonly RedisRight[]): string {
  const rows = kinds.map(({ pattern, about }) => {
    const users = keyUsers(pattern, rights)
    return [code(pattern), users('writers'), users('readers'), about]
  })
  return markdownTable(['key', 'written by', 'read by', 'what'], rows)
}

// The router holds its own mouth and ear as any service does, and all the others by office: those tell more.
const ordinary = services.filter((service) => service !== 'router')

/** Who writes, or reads, the keys of a kind; where each service has its own, that service. */
function keyUsers(pattern: string, rights: readonly RedisRight[]) {
  return (who: 'writers' | 'readers'): string => {
    const users = ordinary.flatMap((service) => {
      const names: Record<string, string> = { shard: 'main', service }
      const key = pattern.replace(/<(\w+)>/g, (_all, name: string) => names[name] ?? name)
      const isPerService = pattern.includes('<service>')
      return usersOfKey(key, rights)[who].map((user) =>
        isPerService && user === service ? 'that service' : code(user),
      )
    })
    return [...new Set(users)].join(', ') || 'nobody'
  }
}

function clientRights(rights: readonly RedisRight[]): string {
  const rows = rights
    .filter(({ user }) => user === 'client')
    .map(({ commands, keys }) => [
      commands.map((command) => code(command.toUpperCase().replace('|', ' '))).join(', '),
      keys.map(({ pattern }) => code(pattern.replace('{0}', '{<shard>}'))).join(', ') || 'none',
    ])
  return markdownTable(['commands', 'keys'], rows)
}

function rolesTable(): string {
  const rows = roles.map((role) => [
    code(role),
    messages
      .filter((row) => row.role === role)
      .map(({ type }) => typeLink(type))
      .join(', '),
  ])
  return markdownTable(['role', 'may say'], rows)
}

function limitsTable(): string {
  return markdownTable(
    ['what', 'limit'],
    [
      ['payload, where its message does not say otherwise', kibibytes(inlineLimitBytes)],
      ['payload of any message', kibibytes(hardLimitBytes)],
      ['entries of a reply stream', `the last ${figure(replyRetention.entries)} or somewhat more`],
      ['reply stream on which nothing is said', `gone after ${replyRetention.silentSeconds / 86_400} days`],
    ],
  )
}

function refusalsTable(): string {
  const rows = Object.entries(refusalCodes).map(([name, { meaning, retryable, saidBy }]) => [
    code(name),
    retryable ? 'yes' : 'no',
    saidBy.join(', '),
    meaning,
  ])
  return markdownTable(['code', 'retryable', 'said by', 'meaning'], rows)
}

function messagesTable(): string {
  const rows = messages.map((row) => [
    typeLink(row.type),
    row.from.join(', '),
    row.to.join(', '),
    row.role ?? '',
    row.reply === undefined ? '' : typeLink(row.reply),
    kibibytes(row.maxBytes),
  ])
  return markdownTable(['type', 'from', 'to', 'role', 'reply', 'limit'], rows)
}

function payloadSection(row: MessageDefinition, schemas: Definitions): string {
  const schema = schemas[row.payload.name] ?? {}
  const unknown = schema.additionalProperties === false ? ' Nothing else may be in it.' : ''
  return [`### ${row.type}`, summaryOf(row, schemas) + unknown, fieldsTable(schema)].join('\n\n')
}

function typeSections(schemas: Definitions): string {
  const payloads = messages.map(({ payload }) => payload.name)
  const shared = [...reachableTypes([...payloads, 'Stamp'], schemas)]
    .filter((name) => !payloads.includes(name) && name !== 'Stamp')
    .sort()
  return shared.map((name) => typeSection(name, schemas[name] ?? {})).join('\n\n')
}

function typeSection(name: string, schema: JsonSchema): string {
  const { description, ...rest } = schema
  const content = schema.properties ? fieldsTable(schema) : `${capitalised(schemaInWords(rest))}.`
  return [`### ${name}`, ...(description === undefined ? [] : [description]), content].join('\n\n')
}

function fieldsTable(schema: JsonSchema): string {
  const fields = Object.entries(schema.properties ?? {})
  if (fields.length === 0) return 'No fields: `{}`.'
  const isExplained = fields.some(([, { description }]) => description !== undefined)
  const rows = fields.map(([name, { description = '', ...field }]) => [
    schema.required?.includes(name) ? `**${code(name)}**` : code(name),
    schemaInWords(field),
    ...(isExplained ? [description] : []),
  ])
  return markdownTable(['field', 'value', ...(isExplained ? ['what'] : [])], rows)
}

function kibibytes(bytes: number): string {
  return `${bytes / 1024} KiB`
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
