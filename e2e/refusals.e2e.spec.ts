import { AuditList, AuditListed, messageIdForEntry } from '@guildhall/contracts'
import { ClientStreams } from '@guildhall/redis-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningStack, until } from './running.stack.js'

let guildhall: RunningStack
let token: string

beforeAll(async () => {
  guildhall = await RunningStack.start()
  token = guildhall.secret('client.token')
})
afterAll(() => guildhall.stop())

const gateway = 'gh:{main}:gateway'

/** Writes flat fields as a client would, and gives the message id that the router makes of the entry. */
async function say(fields: Record<string, string>): Promise<string> {
  const redis = guildhall.redis('client')
  const entryId = await redis.xadd(gateway, '*', ...Object.entries(fields).flat())
  redis.disconnect()
  return fields['id'] ?? messageIdForEntry(gateway, entryId ?? '')
}

async function denied(messageId: string) {
  let found
  await until(async () => {
    const { value } = await guildhall.client.request(
      AuditList,
      { verdict: 'denied', limit: 500 },
      AuditListed,
    )
    found = value.records.find((record) => record.messageId === messageId)
    return found !== undefined
  }, `the refusal of ${messageId} is in the audit`)
  return found
}

async function replyTo(messageId: string): Promise<{ type: string; payload: Record<string, unknown> }> {
  const streams = new ClientStreams({
    connection: {
      host: guildhall.stack.info.redis.host,
      port: guildhall.stack.info.redis.port,
      username: 'client',
      password: guildhall.secret('client.redis'),
    },
    shards: ['main'],
    client: 'local',
    replyStream: guildhall.replyStream,
  })
  try {
    for await (const reply of streams.follow({ fromId: '0-0', signal: AbortSignal.timeout(30_000) })) {
      if (reply.header.correlationid === messageId) {
        return { type: reply.header.type, payload: JSON.parse(reply.data) as Record<string, unknown> }
      }
    }
    throw new Error('no reply')
  } finally {
    await streams.close()
  }
}

const cases: [string, string, () => Record<string, string>][] = [
  ['of no known type', 'unknown-type', () => ({ type: 'task.please', data: '{}' })],
  ['that only a service may say', 'not-permitted', () => ({ type: 'task.run', data: '{}' })],
  ['whose payload is no JSON', 'invalid', () => ({ type: 'task.submit', data: '{"goal":' })],
  ['with an unknown property', 'invalid', () => ({ type: 'task.submit', data: '{"goal":"x","gaol":"y"}' })],
  ['with a wrong property', 'invalid', () => ({ type: 'task.submit', data: '{"goal":7}' })],
  ['without data', 'invalid', () => ({ type: 'task.submit' })],
  ['with an id that is no UUID', 'invalid', () => ({ type: 'task.list', data: '{}', id: 'one' })],
  [
    'that is too large',
    'too-large',
    () => ({ type: 'task.submit', data: JSON.stringify({ goal: 'x'.repeat(300_000) }) }),
  ],
  [
    'that has expired',
    'expired',
    () => ({ type: 'task.list', data: '{}', expirytime: '2020-01-01T00:00:00Z' }),
  ],
]

describe('the router refuses a message', () => {
  for (const [what, code, fields] of cases) {
    it(`${what}: the sender is told why, the audit keeps it, nothing else is affected`, async () => {
      const sent = fields()
      const id = await say({ ...sent, authorization: `Bearer ${token}` })
      const known = sent['id'] === 'one' ? undefined : id
      if (known) {
        expect(await replyTo(known)).toMatchObject({
          type: 'request.refused',
          payload: { code, retryable: false },
        })
        expect(await denied(known)).toMatchObject({
          verdict: 'denied',
          code,
          source: '/clients/local',
          deliveredTo: [],
        })
      }
      const { value } = await guildhall.client.request(AuditList, { limit: 1 }, AuditListed)
      expect(value.records).toHaveLength(1)
    })
  }

  it('without a valid credential: it is audited as of an unknown client and answered to nobody', async () => {
    const id = await say({
      type: 'task.submit',
      data: '{"goal":"mischief"}',
      authorization: 'Bearer not-the-right-token-at-all',
    })
    expect(await denied(id)).toMatchObject({
      code: 'unauthenticated',
      source: '/clients/unknown',
      dataBytes: 0,
    })
  })

  it('and no credential is stored anywhere on the way', async () => {
    const admin = guildhall.redis('admin')
    const audit = await admin.xrange('gh:{main}:audit', '-', '+')
    admin.disconnect()
    expect(JSON.stringify(audit)).not.toContain(token)
    const { value } = await guildhall.client.request(AuditList, { limit: 500 }, AuditListed)
    expect(JSON.stringify(value)).not.toContain(token)
  })
})
