import { approvalKinds } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { approvalFixture } from './approval.fixture.js'
import { judgeRevocation } from './revocation.policy.js'

const ben = { id: 'ben', roles: ['approver' as const] }
const given = approvalFixture({ state: 'approved', answer: 'once' })
const judge = (
  over: Partial<typeof given>,
  by: Parameters<typeof judgeRevocation>[2] = ben,
  votes = [{ by: 'ben' }],
) => {
  const verdict = judgeRevocation({ ...given, ...over }, votes, by)
  return verdict.accepted ? verdict.takes : verdict.code
}

describe('an approval', () => {
  it('is taken back before it is used, by whoever may answer it and whoever it was asked for', () => {
    expect(judge({})).toBe('approval')
    expect(judge({}, { id: 'anna', roles: ['submitter', 'approver'] })).toBe('approval')
    const named = { ...given.approvers, roles: [], clients: ['carl'] }
    expect(judge({ approvers: named })).toBe('approval-not-yours')
  })

  it('is not taken back once it is used, unless it was given for good', () => {
    const usedAt = new Date()
    expect(judge({ usedAt })).toBe('approval-used')
    expect(judge({ usedAt, answer: 'permanent' })).toBe('approval')
  })

  it.each(
    approvalKinds.filter(
      (kind) => kind !== 'function-call' && kind !== 'unknown-effect' && kind !== 'question',
    ),
  )('is used in the moment it is given when its kind is %s', (kind) => {
    expect(judge({ kind, answer: 'permanent' })).toBe('approval-used')
  })

  it.each(['refused', 'expired', 'withdrawn', 'superseded', 'revoked'] as const)(
    'is not taken back when it is %s',
    (state) => {
      expect(judge({ state })).toBe('approval-stale')
    },
  )
})

describe('a voice', () => {
  it('is taken back while others are waited for, by whose it is', () => {
    expect(judge({ state: 'pending', answer: null })).toBe('voice')
    expect(judge({ state: 'pending', answer: null }, { ...ben, id: 'carl' })).toBe('approval-not-yours')
  })
})
