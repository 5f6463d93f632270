import { createHash } from 'node:crypto'
import { noRights } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { type AccessRow, AccessSnapshot } from './access.snapshot.js'

const now = Date.parse('2026-01-01T12:00:00Z')
const row = (token: string, over: Partial<AccessRow> = {}): AccessRow => ({
  id: 'anna',
  tenant: 'acme',
  roles: ['submitter'],
  rights: noRights,
  replyStream: 'anna-secret',
  sha256: createHash('sha256').update(token).digest('hex'),
  expiresAt: null,
  ...over,
})
const [first, second] = ['a'.repeat(32), 'b'.repeat(32)]

describe('a snapshot of the clients', () => {
  it('knows a client by each of its tokens', () => {
    const access = new AccessSnapshot([row(first), row(second)])
    for (const token of [first, second]) {
      expect(access.authenticate(`Bearer ${token}`, now)).toMatchObject({
        known: { identity: { id: 'anna', tenant: 'acme', roles: ['submitter'] }, replyStream: 'anna-secret' },
      })
    }
  })

  it('knows no token from the moment on at which it expires, and says so', () => {
    const access = new AccessSnapshot([row(first, { expiresAt: new Date(now) }), row(second)])
    expect(access.authenticate(`Bearer ${first}`, now - 1)).toHaveProperty('known')
    expect(access.authenticate(`Bearer ${first}`, now)).toEqual({
      reason: 'the token of anna expired at 2026-01-01T12:00:00.000Z: ask for a new one',
    })
    expect(access.authenticate(`Bearer ${second}`, now)).toHaveProperty('known')
  })

  it('answers a client that has no token at the moment, and nobody else', () => {
    const access = new AccessSnapshot([row(first, { sha256: null })])
    expect(access.replyStreamOf('anna')).toBe('anna-secret')
    expect(access.replyStreamOf('constructor')).toBeUndefined()
    expect(access.authenticate('Bearer null', now)).not.toHaveProperty('known')
  })
})
