import { type MessageDefinition, topology } from '@guildhall/contracts'
import { replyRetention, streamKeys } from '@guildhall/redis-streams'
import type { Definitions, JsonSchema } from './json.schema.js'
import { summaryOf } from './message.summary.js'

const { messages, services } = topology
const saidByClients = messages.filter(({ from }) => from.includes('client'))
const heardByClients = messages.filter(({ to }) => to.includes('client'))

/**
 * The AsyncAPI document: every stream as a channel, every message with its schema. It is told from the router's side:
 * it receives what others say and sends it on.
 */
export function asyncApiDocument(schemas: Definitions, version: string): object {
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Guildhall on the wire',
      version,
      description: [
        'Guildhall’s messages on Redis Streams, told from the router’s side: it *receives* what clients and services',
        'say and *sends* it to whoever hears it. A message is one stream entry. Its payload is the JSON text in the',
        'field `data`; its headers are the other fields, and a header that is an object is JSON text as well.',
        'See docs/streams.md for the rules of the road. Rendered by `npm run docs`: do not edit.',
      ].join(' '),
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: '127.0.0.1:6379',
        protocol: 'redis',
        description: 'The port of a local stack is in its client file.',
        security: [{ $ref: '#/components/securitySchemes/redisUser' }],
      },
    },
    channels: channels(),
    operations: operations(),
    components: {
      securitySchemes: {
        redisUser: {
          type: 'userPassword',
          description: 'A user of Redis: `client`, or a service by its name.',
        },
      },
      parameters: {
        shard: {
          description: 'The hash tag of the shard, braces included.',
          default: '{main}',
          examples: ['{main}'],
        },
        reply: { description: 'The name of the reply stream, as the client file has it.' },
      },
      messages: componentMessages(schemas),
      schemas: componentSchemas(schemas),
    },
  }
}

function channels() {
  const keys = streamKeys('main')
  return {
    gateway: channel(keys.gateway, 'Clients speak here.', saidByClients.map(gatewayKey)),
    reply: channel(
      keys.reply('{reply}'),
      `What a client hears. Keeps about ${replyRetention.entries} entries, and nothing once it was silent for ${replyRetention.silentSeconds / 86_400} days.`,
      heardByClients.map(({ type }) => type),
    ),
    ...perService('from', (service) => ({
      address: keys.from(service),
      about: `What ${service} says: written by it alone, read by the router.`,
      types: saidBy(service).map(({ type }) => type),
    })),
    ...perService('to', (service) => ({
      address: keys.to(service),
      about: `What ${service} hears: written by the router alone.`,
      types: topology.heardBy(service).map(({ type }) => type),
    })),
    audit: channel(
      keys.audit,
      'Every message with the router’s verdict, carried or not. An entry holds what was moved at once: `event` and `data` of each message in turn; a `stamp` is that of all messages before it which have none yet.',
      messages.map(({ type }) => type),
    ),
    ...perService('dead-letter', (service) => ({
      address: keys.deadLetter(service),
      about: `What ${service} could not handle: the entry as it was, with the field \`error\`.`,
      types: ['dead-letter'],
    })),
  }
}

function operations() {
  const requests = saidByClients.map((row) => [
    row.type,
    {
      action: 'receive',
      summary: `A client with the role ${row.role ?? 'of nobody'} says ${row.type}.`,
      channel: channelRef('gateway'),
      messages: [channelMessageRef('gateway', gatewayKey(row))],
      ...(row.reply !== undefined && {
        reply: {
          channel: channelRef('reply'),
          messages: [row.reply, 'request.refused'].map((type) => channelMessageRef('reply', type)),
        },
      }),
    },
  ])
  const heard = speakers().map((service) => [
    `from.${service}`,
    { action: 'receive', summary: `${service} speaks.`, channel: channelRef(`from.${service}`) },
  ])
  const sent = ['reply', ...listeners().map((service) => `to.${service}`), 'audit'].map((name) => [
    `send.${name}`,
    { action: 'send', summary: `The router delivers to ${name}.`, channel: channelRef(name) },
  ])
  return Object.fromEntries([...requests, ...heard, ...sent]) as object
}

function componentMessages(schemas: Definitions) {
  const carried = messages.map((row) => [
    row.type,
    {
      ...described(row, schemas),
      headers: headers('CarriedEntry', { event: { properties: { type: { const: row.type } } } }),
      correlationId: { location: '$message.header#/event/correlationid' },
    },
  ])
  const flat = saidByClients.map((row) => [
    gatewayKey(row),
    {
      ...described(row, schemas),
      headers: headers('GatewayEntry', { type: { const: row.type } }),
      correlationId: { location: '$message.header#/id' },
      'x-role': row.role,
    },
  ])
  const deadLetter = {
    name: 'dead-letter',
    summary: 'An entry that was given up, with its fields as they were but without a credential.',
    headers: { $ref: '#/components/schemas/DeadEntry' },
    payload: {},
  }
  return Object.fromEntries([...carried, ...flat, ['dead-letter', deadLetter]]) as object
}

function described(row: MessageDefinition, schemas: Definitions) {
  return {
    name: row.type,
    summary: summaryOf(row, schemas),
    payload: { $ref: `#/components/schemas/${row.payload.name}` },
    'x-from': row.from,
    'x-to': row.to,
    'x-max-bytes': row.maxBytes,
  }
}

function headers(entry: string, properties: Record<string, object>) {
  return { allOf: [{ $ref: `#/components/schemas/${entry}` }, { properties }] }
}

function componentSchemas(schemas: Definitions): Record<string, JsonSchema> {
  const { GatewayFields: gateway, ...others } = schemas
  const { data: _payload, ...flat } = gateway?.properties ?? {}
  const stamped = { event: reference('EventHeader'), stamp: reference('Stamp') }
  const entries: Definitions = {
    GatewayEntry: {
      ...gateway,
      properties: flat,
      required: gateway?.required?.filter((field) => field !== 'data') ?? [],
    },
    CarriedEntry: {
      description: 'The fields of an entry beside `data`. The router adds `stamp` to what it carries.',
      type: 'object',
      properties: stamped,
      required: ['event'],
    },
    DeadEntry: {
      description: 'The fields of a dead letter beside `data`.',
      type: 'object',
      properties: { ...stamped, error: reference('DeadLetterError') },
      required: ['error'],
    },
  }
  return Object.fromEntries(
    Object.entries({ ...entries, ...others }).map(([name, schema]) => [name, forDocument(schema)]),
  )
}

/** What a reference says beside itself is lost: it moves out of it. And the pointers are the document's. */
function forDocument(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema, (_key, value: unknown) => {
    if (!isObject(value) || typeof value['$ref'] !== 'string') return value
    const { $ref, ...beside } = value
    const moved = { $ref: $ref.replace('#/definitions/', '#/components/schemas/') }
    return Object.keys(beside).length > 0 ? { ...beside, allOf: [{ ...moved }] } : moved
  })
  return JSON.parse(text) as JsonSchema
}

function isObject(value: unknown): value is Record<string, unknown> & { $ref?: string } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function reference(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` }
}

function channel(address: string, description: string, types: readonly string[]) {
  // The document's own parameters are in braces, so the shard's become part of the value.
  const parametric = address.replace('{main}', '{shard}')
  const parameters = [...parametric.matchAll(/\{(\w+)\}/g)].map(([, name]) => [
    name,
    { $ref: `#/components/parameters/${name}` },
  ])
  return {
    address: parametric,
    description,
    parameters: Object.fromEntries(parameters) as object,
    messages: Object.fromEntries(
      types.map((type) => [type, { $ref: `#/components/messages/${type}` }]),
    ) as object,
  }
}

function perService(
  name: string,
  describe: (service: string) => { address: string; about: string; types: string[] },
) {
  const all = services.map((service) => {
    const { address, about, types } = describe(service)
    return [`${name}.${service}`, channel(address, about, types)] as const
  })
  return Object.fromEntries(all)
}

function saidBy(service: string): MessageDefinition[] {
  return messages.filter(({ from }) => from.includes(service))
}

function speakers(): string[] {
  return services.filter((service) => saidBy(service).length > 0)
}

function listeners(): string[] {
  return services.filter((service) => topology.heardBy(service).length > 0)
}

function gatewayKey({ type }: MessageDefinition): string {
  return `gateway.${type}`
}

function channelRef(name: string) {
  return { $ref: `#/channels/${name}` }
}

function channelMessageRef(name: string, message: string) {
  return { $ref: `#/channels/${name}/messages/${message}` }
}
