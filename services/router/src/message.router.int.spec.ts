import { randomUUID } from 'node:crypto'
import { createEnvelope, type EventHeader, newId, taskIdFor } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RouterFixture, sha256, type TestClient } from './router.fixture.js'

const token = randomUUID()
const approverToken = randomUUID()
const annasReplies = `anna-${randomUUID()}`
let fixture: RouterFixture

beforeAll(async () => {
  const clients: TestClient[] = [
    { id: 'anna', roles: ['submitter'], token, replyStream: annasReplies },
    { id: 'ben', roles: ['approver'], token: approverToken },
  ]
  fixture = await RouterFixture.start(clients, 1, 600_000)
})
afterAll(() => fixture?.stop())

const arrived = (key: string, isIt: (header: EventHeader) => boolean) =>
  fixture.arrived(key, ({ header }) => isIt(header))
const send = (type: string, payload: unknown, more: Record<string, string> = {}) =>
  fixture.say('anna', type, payload, more)
const audited = (id: string) => arrived(fixture.keys.audit, (header) => header.id === id)
async function refusalOf(id: string, replyStream = annasReplies) {
  const { header, data } = await arrived(
    fixture.keys.reply(replyStream),
    ({ correlationid }) => correlationid === id,
  )
  return { header, payload: JSON.parse(data) as { code: string; message: string } }
}

describe('a message of a client', () => {
  it('goes to the service that hears it, stamped, in the sender’s name and without the credential', async () => {
    const payload = { goal: 'List the files' }
    const id = await send('task.submit', payload, { idempotencykey: 'order-1' })
    const { header, data, stamp } = await arrived(
      fixture.keys.to('task-scheduler'),
      (header) => header.id === id,
    )
    expect(header).toMatchObject({
      type: 'task.submit',
      source: '/clients/anna',
      tenant: 'acme',
      replyto: 'anna',
      subject: taskIdFor('acme', 'order-1'),
    })
    expect(JSON.parse(data)).toEqual(payload)
    expect(stamp).toMatchObject({
      verdict: 'allowed',
      router: 'router-1',
      policy: '2.0',
      heardOn: 'gateway',
      deliveredTo: ['to:task-scheduler'],
      client: { id: 'anna', tenant: 'acme', roles: ['submitter'] },
    })
    const record = await audited(id)
    expect(record).toMatchObject({ header, data, stamp })
    expect(JSON.stringify([record, header, stamp])).not.toContain(token)
  })

  it.each([
    ['task.submit', { goal: '' }, 'invalid', 'goal must be longer than'],
    ['task.submit', '[]', 'invalid', 'the field data is no JSON object'],
    ['task.submit', { goal: 'x', color: 'red' }, 'invalid', 'property color should not exist'],
    [
      'task.submit',
      `{"goal":"x","inputs":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
      'invalid',
      'the payload is nested deeper than 100 levels',
    ],
    ['task.sumbit', {}, 'unknown-type', "there is no message of type 'task.sumbit'"],
    ['approval.list', {}, 'not-permitted', 'approval.list needs the role approver; anna has submitter'],
    ['run.succeeded', {}, 'not-permitted', 'a client may not say run.succeeded'],
  ])(
    'is refused, audited and answered in words when it is wrong: case %#',
    async (type, payload, code, words) => {
      const id = await send(type, payload)
      const refusal = await refusalOf(id)
      expect(refusal.payload).toEqual({
        code,
        message: expect.stringContaining(words),
        retryable: false,
        requestType: type,
      })
      expect(refusal.header).toMatchObject({ source: '/services/router', tenant: 'acme' })
      expect((await audited(id)).stamp).toMatchObject({ verdict: 'denied', code, deliveredTo: [] })
    },
  )

  it('that is too large is refused, and its payload is kept nowhere', async () => {
    const id = await send('task.get', { taskId: 'x'.repeat(65_536) })
    expect((await refusalOf(id)).payload.code).toBe('too-large')
    expect((await audited(id)).data).toBe('')
  })

  it('whose id came before is refused as a replay', async () => {
    const id = await send('task.list', {})
    await arrived(fixture.keys.to('task-scheduler'), (header) => header.id === id)
    await send('task.list', {}, { id })
    expect((await refusalOf(id)).payload).toMatchObject({ code: 'replayed', retryable: false })
    const heard = await fixture.on(fixture.keys.to('task-scheduler'))
    expect(heard.filter(({ header }) => header.id === id)).toHaveLength(1)
  })

  it('that has expired is refused', async () => {
    const id = await send('task.list', {}, { expirytime: '2020-01-01T00:00:00Z' })
    expect((await refusalOf(id)).payload.code).toBe('expired')
  })

  it('of an unknown sender is audited without its payload, and nobody is answered', async () => {
    const id = await send('task.submit', { goal: 'x' }, { authorization: `Bearer ${randomUUID()}` })
    const { header, data, stamp } = await audited(id)
    expect(header).toMatchObject({ source: '/clients/unknown', tenant: 'unknown' })
    expect(header).not.toHaveProperty('replyto')
    expect(data).toBe('')
    expect(stamp).toMatchObject({ verdict: 'denied', code: 'unauthenticated' })
    expect(stamp).not.toHaveProperty('client')
  })
})

describe('a client that was added a moment ago', () => {
  it('is heard, though the router does not read the clients for a long time yet', async () => {
    const { mariadb } = fixture
    const token = randomUUID()
    await mariadb.query(
      `INSERT INTO clients (id, tenant, roles, reply_stream) VALUES ('cleo', 'acme', '["submitter"]', 'cleo')`,
    )
    await mariadb.query(
      `INSERT INTO tokens (id, sha256, client_id, label, created_at)
       VALUES ('${newId()}', '${sha256(token)}', 'cleo', 'first', UTC_TIMESTAMP(3))`,
    )
    await vi.waitFor(
      async () => {
        const id = await send('task.list', {}, { authorization: `Bearer ${token}` })
        expect((await audited(id)).stamp?.client?.id).toBe('cleo')
      },
      { timeout: 10_000, interval: 300 },
    )
  })
})

describe('a message of a service', () => {
  const say = async (type: string, source: string, replyto?: string) => {
    const envelope = createEnvelope(type, { taskId: newId() }, source, { tenant: 'acme', replyto })
    const { header, data } = envelope
    await fixture.add(fixture.keys.from('task-scheduler'), { event: JSON.stringify(header), data })
    return { id: header.id, data }
  }

  it('to a client goes to the reply stream of the client that it names', async () => {
    const { id, data } = await say('task.transitioned', '/services/task-scheduler', 'ben')
    const message = await arrived(fixture.keys.reply('ben'), (header) => header.id === id)
    expect(message.data).toBe(data)
    expect(message.stamp).toMatchObject({
      heardOn: 'from:task-scheduler',
      deliveredTo: ['reply:ben'],
    })
    expect((await fixture.on(fixture.keys.reply(annasReplies))).map(({ header }) => header.id)).not.toContain(
      id,
    )
  })

  it('to a client that nobody knows is audited and delivered nowhere', async () => {
    const { id } = await say('task.transitioned', '/services/task-scheduler', 'nobody')
    expect((await audited(id)).stamp).toMatchObject({ verdict: 'allowed', deliveredTo: [] })
    expect(await fixture.redis.exists(fixture.keys.reply('nobody'))).toBe(0)
  })

  it('to a service that asked goes where that service hears its answers', async () => {
    const { id, data } = await say('task.found', '/services/task-scheduler', '/services/executor')
    const message = await arrived(fixture.keys.answer('executor'), (header) => header.id === id)
    expect(message.data).toBe(data)
    expect(message.stamp?.deliveredTo).toEqual(['answer:executor'])
  })

  it('in the name of another is refused', async () => {
    const { data } = await say('run.succeeded', '/services/executor')
    const record = await fixture.arrived(fixture.keys.audit, (one) => one.data === data)
    expect(record.stamp).toMatchObject({
      verdict: 'denied',
      code: 'invalid',
      reason: 'source must be /services/task-scheduler: nobody speaks as another',
    })
    expect(record.header.source).toBe('/services/task-scheduler')
  })

  it('that is not its own to say is refused, and the service is told', async () => {
    const { id } = await say('run.succeeded', '/services/task-scheduler')
    const { header, data } = await arrived(
      fixture.keys.answer('task-scheduler'),
      ({ correlationid }) => correlationid === id,
    )
    expect(header.type).toBe('request.refused')
    expect(JSON.parse(data)).toEqual({
      code: 'not-permitted',
      message: 'a task-scheduler may not say run.succeeded',
      retryable: false,
      requestType: 'run.succeeded',
    })
    expect((await audited(id)).stamp).toMatchObject({ verdict: 'denied', code: 'not-permitted' })
    expect(await fixture.on(fixture.keys.to('task-scheduler'))).not.toContainEqual(
      expect.objectContaining({ header: expect.objectContaining({ id }) }),
    )
  })
})
