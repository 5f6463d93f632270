import { randomUUID } from 'node:crypto'
import {
  ClientChange,
  ClientList,
  ClientRegister,
  ClientRevoke,
  type ClientView,
  newId,
  noRights,
  PolicyGet,
  PolicySet,
  type PolicyView,
  TokenIssue,
  TokenRevoke,
  type TokenView,
} from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RouterFixture, sha256 } from './router.fixture.js'

/** Shorter than in production: what follows a reading is seen sooner. */
const directoryRefreshMs = 100
let fixture: RouterFixture

beforeAll(async () => {
  fixture = await RouterFixture.start(
    [
      { id: 'root', roles: ['administrator', 'submitter'], token: randomUUID() },
      { id: 'anna', roles: ['submitter', 'operator'], token: randomUUID() },
    ],
    2,
    directoryRefreshMs,
  )
})
afterAll(() => fixture?.stop())

/** What the audit says about a message said with this token: by which router, and whether it was carried. */
async function said(token: string, type = 'task.list', data = '{}') {
  const id = newId()
  const fields = { type, data, id, authorization: `Bearer ${token}` }
  const saidAt = await fixture.add(fixture.keys.gateway, fields)
  const { stamp } = await fixture.arrived(fixture.keys.audit, ({ header }) => header.id === id, saidAt)
  if (!stamp) throw new Error('an audit record without a stamp')
  return stamp
}

/** Waits for a claim about what is said, then expects of what both routers say that it stays so. */
async function becomesAndStays(token: string, isSo: (stamp: Awaited<ReturnType<typeof said>>) => boolean) {
  const startedAt = performance.now()
  while (!isSo(await said(token)))
    if (performance.now() - startedAt > 10_000) throw new Error('it did not become so')
  const becameAfterMs = performance.now() - startedAt
  // Each reads its tables twice in this time.
  await new Promise((resolve) => setTimeout(resolve, 2 * directoryRefreshMs))
  const routers = new Set<string>()
  for (let n = 0; n < 200 && (n < 20 || routers.size < 2); n += 1) {
    const stamp = await said(token)
    expect(isSo(stamp)).toBe(true)
    routers.add(stamp.router)
  }
  expect([...routers].sort()).toEqual(['router-1', 'router-2'])
  return becameAfterMs
}

const newToken = async (clientId: string, more: { expiresAt?: string } = {}) => {
  const token = randomUUID()
  const request = { clientId, sha256: sha256(token), label: 'test', ...more }
  const { type, value } = await fixture.ask('root', TokenIssue, request)
  expect(type).toBe('token.issued')
  return { token, view: value['token'] as TokenView, replyStream: value['replyStream'] as string }
}
const register = async (roles: ClientRegister['roles'] = ['submitter']) => {
  const clientId = `c-${randomUUID()}`
  const { type } = await fixture.ask('root', ClientRegister, { clientId, tenant: 'acme', roles })
  expect(type).toBe('client.registered')
  return clientId
}

describe('a client', () => {
  it('is registered, gets a token and is heard by every router', async () => {
    const clientId = await register()
    const { token, replyStream } = await newToken(clientId)
    expect(replyStream).toMatch(new RegExp(`^${clientId}-[0-9a-f]{32}$`))
    await becomesAndStays(token, ({ verdict, client }) => verdict === 'allowed' && client?.id === clientId)
  })

  it('has the rights that it was given, in their one way of writing, until they are changed', async () => {
    const clientId = `c-${randomUUID()}`
    const rights = { functions: ['bash'], mounts: [{ source: '/data/../in/', mode: 'ro' as const }] }
    const registered = await fixture.ask('root', ClientRegister, {
      clientId,
      tenant: 'acme',
      roles: ['submitter'],
      rights,
    })
    const written = { ...noRights, functions: ['bash'], mounts: [{ source: '/in', mode: 'ro' }] }
    expect(registered.value['client']).toMatchObject({ roles: ['submitter'], rights: written })
    const { token } = await newToken(clientId)
    await becomesAndStays(token, ({ client }) => client?.rights?.functions.join() === 'bash')

    const changed = await fixture.ask('root', ClientChange, { clientId, rights: { hosts: ['*:443'] } })
    expect(changed.value['client']).toMatchObject({
      roles: ['submitter'],
      rights: { ...noRights, hosts: ['*:443'] },
    })
    await becomesAndStays(token, ({ client }) => client?.rights?.hosts.join() === '*:443')
    for (const wrong of [{ hosts: ['a.org'] }, { mounts: [{ source: 'in', mode: 'ro' as const }] }]) {
      const { type, value } = await fixture.ask('root', ClientChange, { clientId, rights: wrong })
      expect(type).toBe('request.refused')
      expect(value['code']).toMatch(/^invalid/)
    }
  })

  it('has several valid tokens at once, so that one can be replaced without a gap', async () => {
    const clientId = await register()
    const [first, second] = [await newToken(clientId), await newToken(clientId)]
    await becomesAndStays(second.token, ({ verdict }) => verdict === 'allowed')
    expect((await said(first.token)).verdict).toBe('allowed')
    await fixture.ask('root', TokenRevoke, { tokenId: first.view.id })
    await becomesAndStays(first.token, ({ code }) => code === 'unauthenticated')
    expect((await said(second.token)).verdict).toBe('allowed')
  })

  it('is revoked, and a second later no router knows it', async () => {
    const clientId = await register()
    const { token } = await newToken(clientId)
    await becomesAndStays(token, ({ verdict }) => verdict === 'allowed')
    expect((await fixture.ask('root', ClientRevoke, { clientId })).type).toBe('client.revoked')
    const ms = await becomesAndStays(token, ({ code }) => code === 'unauthenticated')
    expect(ms).toBeLessThan(5_000)
    const again = { clientId, tenant: 'acme', roles: [] }
    expect((await fixture.ask('root', ClientRegister, again)).value).toMatchObject({ code: 'client-exists' })
    expect((await fixture.ask('root', TokenIssue, tokenFor(clientId))).value).toMatchObject({
      code: 'client-revoked',
    })
  })

  it('is told nothing when its token has expired, and the audit says that it has', async () => {
    const clientId = await register()
    const { token } = await newToken(clientId, { expiresAt: new Date(Date.now() + 5_000).toISOString() })
    const heard = new Set<string>()
    const expired = new RegExp(`^the token of ${clientId} expired at 20.*: ask for a new one$`)
    for (let isOver = false; !isOver;) {
      const { verdict, reason = '' } = await said(token)
      heard.add(verdict)
      isOver = expired.test(reason)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect([...heard].sort()).toEqual(['allowed', 'denied'])
  })

  it('changes its roles, and is listed with its tokens but without their hashes', async () => {
    const clientId = await register()
    const { token, view, replyStream } = await newToken(clientId)
    await becomesAndStays(token, ({ verdict }) => verdict === 'allowed')
    await fixture.ask('root', ClientChange, { clientId, roles: ['approver'] })
    await becomesAndStays(token, ({ code }) => code === 'not-permitted')
    const { value } = await fixture.ask('root', ClientList, { limit: 500 })
    const listed = (value['clients'] as ClientView[]).find(({ id }) => id === clientId)
    expect(listed).toEqual({ id: clientId, tenant: 'acme', roles: ['approver'], tokens: [view] })
    expect(JSON.stringify(value)).not.toContain(sha256(token))
    expect(JSON.stringify(value)).not.toContain(replyStream)
  })

  it('is administered by administrators alone', async () => {
    const { type, value } = await fixture.ask('anna', ClientChange, {
      clientId: 'anna',
      roles: ['administrator'],
    })
    expect({ type, value }).toMatchObject({ type: 'request.refused', value: { code: 'not-permitted' } })
  })

  it.each([
    ['is not found', () => fixture.ask('root', ClientRevoke, { clientId: 'nobody' }), 'client-not-found'],
    ['has no such token', () => fixture.ask('root', TokenRevoke, { tokenId: newId() }), 'token-not-found'],
    [
      'may not have the token of another',
      async () => {
        const { token } = await newToken('anna')
        return fixture.ask('root', TokenIssue, { ...tokenFor('root'), sha256: sha256(token) })
      },
      'token-exists',
    ],
  ])('that %s is told so', async (_, ask, code) => {
    expect(await ask()).toMatchObject({ type: 'request.refused', value: { code, retryable: false } })
  })

  it('may have ten valid tokens and no more', async () => {
    const clientId = await register()
    for (let n = 0; n < 10; n += 1) await newToken(clientId)
    expect((await fixture.ask('root', TokenIssue, tokenFor(clientId))).value).toMatchObject({
      code: 'too-many-tokens',
    })
  })
})

describe('the last administrator', () => {
  it('can lose neither its role nor its client nor its last token, until there is another', async () => {
    const { value } = await fixture.ask('root', ClientList, {})
    const root = (value['clients'] as ClientView[]).find(({ id }) => id === 'root')
    const tokenId = root?.tokens.find(({ revokedAt }) => revokedAt === undefined)?.id ?? ''
    const attempts = () => [
      fixture.ask('root', ClientChange, { clientId: 'root', roles: ['submitter'] }),
      fixture.ask('root', ClientRevoke, { clientId: 'root' }),
      fixture.ask('root', TokenRevoke, { tokenId }),
    ]
    for (const attempt of attempts())
      expect((await attempt).value).toMatchObject({ code: 'last-administrator' })
    // An administrator without a token is none.
    const clientId = await register(['administrator'])
    for (const attempt of attempts())
      expect((await attempt).value).toMatchObject({ code: 'last-administrator' })
    await newToken(clientId)
    const changed = await fixture.ask('root', ClientChange, { clientId, roles: [] })
    expect(changed.type).toBe('client.changed')
    for (const attempt of attempts())
      expect((await attempt).value).toMatchObject({ code: 'last-administrator' })
  })
})

describe('the policy', () => {
  it('counts in its newest version on every router, which the stamps name', async () => {
    const { token } = await newToken('anna')
    await becomesAndStays(token, ({ verdict }) => verdict === 'allowed')
    const { value } = await fixture.ask('root', PolicyGet, {})
    const { version } = value['policy'] as PolicyView
    const rules = { deny: [{ client: 'anna', type: 'task.*', reason: 'on holiday' }] }
    const stored = await fixture.ask('root', PolicySet, { expectedVersion: version, rules })
    expect(stored).toMatchObject({
      type: 'policy.stored',
      value: { policy: { version: version + 1, rules, author: 'root' } },
    })
    await becomesAndStays(
      token,
      ({ policy, code, reason }) =>
        policy === `2.${version + 1}` &&
        code === 'not-permitted' &&
        reason === 'the policy denies it: on holiday',
    )
    const late = await fixture.ask('root', PolicySet, { expectedVersion: version, rules: {} })
    expect(late.value).toMatchObject({ code: 'policy-changed' })
    await fixture.ask('root', PolicySet, { expectedVersion: version + 1, rules: {} })
    await becomesAndStays(
      token,
      ({ policy, verdict }) => policy === `2.${version + 2}` && verdict === 'allowed',
    )
  })

  it('limits how many tasks of a client may be unfinished, on all routers together', async () => {
    const clientId = await register()
    const { token } = await newToken(clientId)
    const { value } = await fixture.ask('root', PolicyGet, {})
    const { version } = value['policy'] as PolicyView
    const rules = { clients: [{ name: clientId, waitingTasks: 3 }] }
    await fixture.ask('root', PolicySet, { expectedVersion: version, rules })
    await becomesAndStays(token, ({ policy }) => policy === `2.${version + 1}`)
    const codes: (string | undefined)[] = []
    for (let n = 0; n < 5; n += 1) codes.push((await said(token, 'task.submit', '{"goal":"x"}')).code)
    expect(codes).toEqual([undefined, undefined, undefined, 'too-much-waiting', 'too-much-waiting'])
    await fixture.ask('root', PolicySet, { expectedVersion: version + 1, rules: {} })
  })

  it('is refused when it is malformed, in words', async () => {
    const { value } = await fixture.ask('root', PolicyGet, {})
    const { version } = value['policy'] as PolicyView
    for (const [rules, words] of [
      [{ perClient: { ratePerSecond: 0 } }, 'ratePerSecond must not be less than 1'],
      [{ deny: [{ client: 'Anna' }] }, 'client must be lower case letters'],
      [{ limit: {} }, 'property limit should not exist'],
    ] as const) {
      const request = { expectedVersion: version, rules } as unknown as PolicySet
      expect((await fixture.ask('root', PolicySet, request)).value).toMatchObject({
        code: 'invalid',
        message: expect.stringContaining(words),
      })
    }
  })

  it('is set by one of two who set it at the same time', async () => {
    const { value } = await fixture.ask('root', PolicyGet, {})
    const { version } = value['policy'] as PolicyView
    const answers = await Promise.all(
      [1, 2, 3].map((burst) =>
        fixture.ask('root', PolicySet, {
          expectedVersion: version,
          rules: { perClient: { burst: burst * 1_000 } },
        }),
      ),
    )
    expect(answers.map(({ type }) => type).sort()).toEqual([
      'policy.stored',
      'request.refused',
      'request.refused',
    ])
  })
})

function tokenFor(clientId: string): TokenIssue {
  return { clientId, sha256: sha256(randomUUID()), label: 'test' }
}
