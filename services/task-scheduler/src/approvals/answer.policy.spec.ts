import { approvalStates, type ApprovalVote, type Role } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { type GivenAnswer, judgeAnswer, stillAllows } from './answer.policy.js'
import { approvalFixture } from './approval.fixture.js'

const question = approvalFixture()
const { digest, deadline, approvers } = question
const inTime = new Date(deadline.getTime() - 1)
const client = (id: string, ...roles: Role[]) => ({
  id,
  roles: roles.length > 0 ? roles : ['approver' as const],
})
const ben = client('ben')
const vote = (by: string, answer = 'once'): Pick<ApprovalVote, 'by' | 'answer'> => ({ by, answer })
const judge = (
  over: Partial<typeof question>,
  given: GivenAnswer,
  o: { by?: typeof ben; votes?: ReturnType<typeof vote>[]; at?: Date } = {},
) => judgeAnswer({ ...question, ...over }, o.votes ?? [], o.by ?? ben, given, o.at ?? inTime)
const codeOf = (verdict: ReturnType<typeof judge>) => (verdict.accepted ? 'accepted' : verdict.code)
const among = (over: Partial<typeof approvers>) => ({ approvers: { ...approvers, ...over } })

describe('an answer to an approval', () => {
  it('approves once or for good, or refuses', () => {
    const effectOf = (answer: string) => judge({}, { answer, digest })
    expect(effectOf('once')).toEqual({ accepted: true, effect: { state: 'approved', answer: 'once' } })
    expect(effectOf('permanent')).toMatchObject({ effect: { state: 'approved', answer: 'permanent' } })
    expect(effectOf('refuse')).toMatchObject({ effect: { state: 'refused', answer: 'refuse' } })
  })

  it('may leave out the digest: it is for whatever is pending', () => {
    expect(judge({}, { answer: 'once' }).accepted).toBe(true)
  })

  it.each(approvalStates.filter((state) => state !== 'pending'))(
    'comes too late when it is %s already',
    (state) => {
      expect(judge({ state }, { answer: 'once', digest })).toEqual({
        accepted: false,
        code: 'approval-stale',
        message: `this approval is ${state} already; nothing was changed`,
      })
    },
  )

  it('comes too late from the deadline on, though nobody has closed it yet', () => {
    expect(judge({}, { answer: 'refuse', digest }, { at: deadline })).toEqual({
      accepted: false,
      code: 'approval-expired',
      message: 'the deadline was 2026-01-02T12:00:00.123Z',
    })
  })

  it('does not count for another proposal than the one that was shown', () => {
    expect(judge({}, { answer: 'once', digest: 'b'.repeat(64) })).toEqual({
      accepted: false,
      code: 'approval-changed',
      message: 'the proposal is not the one you were shown: look at it again',
    })
  })

  it('must be one of those that are offered', () => {
    expect(judge({}, { answer: 'agent:1' })).toMatchObject({
      code: 'answer-not-offered',
      message: 'agent:1 is no answer to it; say one of refuse, once, permanent',
    })
  })
})

describe('whoever answers', () => {
  it.each(['once', 'permanent', 'refuse'])(
    'is not who it is asked for, unless that is allowed: %s',
    (answer) => {
      const anna = client('anna', 'approver', 'administrator')
      expect(codeOf(judge({}, { answer }, { by: anna }))).toBe('approval-own')
      expect(codeOf(judge(among({ clients: ['anna'] }), { answer }, { by: anna }))).toBe('approval-own')
      expect(codeOf(judge(among({ requesterMayAnswer: true }), { answer }, { by: anna }))).toBe('accepted')
    },
  )

  it('has one of the roles or is named', () => {
    const rule = among({ roles: ['operator'], clients: ['carl'] })
    const codes = [ben, client('dora', 'operator'), client('carl')].map((by) =>
      codeOf(judge(rule, { answer: 'once' }, { by })),
    )
    expect(codes).toEqual(['approval-not-yours', 'accepted', 'accepted'])
  })
})

describe('a quorum', () => {
  const two = among({ quorum: 2 })
  const effectOf = (answer: string, ...votes: ReturnType<typeof vote>[]) => {
    const verdict = judge(two, { answer }, { votes })
    return verdict.accepted ? verdict.effect : verdict.code
  }

  it('waits until so many different people have allowed it', () => {
    expect(effectOf('once')).toEqual({ state: 'pending' })
    expect(effectOf('once', vote('carl'))).toEqual({ state: 'approved', answer: 'once' })
  })

  it('counts each person once', () => {
    expect(effectOf('once', vote('ben'))).toBe('approval-answered')
    expect(effectOf('permanent', vote('ben'))).toBe('approval-answered')
  })

  it('allows for good only what so many allow for good', () => {
    expect(effectOf('permanent', vote('carl'))).toEqual({ state: 'approved', answer: 'once' })
    expect(effectOf('once', vote('carl', 'permanent'))).toEqual({ state: 'approved', answer: 'once' })
    expect(effectOf('permanent', vote('carl', 'permanent'))).toEqual({
      state: 'approved',
      answer: 'permanent',
    })
  })

  it('is of one answer where answers are choices', () => {
    const options = ['refuse', 'agent:1', 'agent:2'].map((answer) => ({ answer, label: answer }))
    const choose = (answer: string) =>
      judge({ ...two, options }, { answer }, { votes: [vote('carl', 'agent:1')] })
    expect(choose('agent:2')).toMatchObject({ effect: { state: 'pending' } })
    expect(choose('agent:1')).toMatchObject({ effect: { state: 'approved', answer: 'agent:1' } })
  })

  it('is not needed to refuse, by whoever has allowed it before too', () => {
    expect(effectOf('refuse', vote('carl'), vote('ben'))).toEqual({ state: 'refused', answer: 'refuse' })
  })
})

describe('what was allowed for good', () => {
  const by = (...names: string[]) => names.map((name) => vote(name, 'permanent'))

  it('is allowed again', () => {
    expect(stillAllows(by('ben'), approvers, 'anna')).toBe(true)
  })

  it.each([
    ['by whoever it is asked for now', by('anna'), approvers],
    ['by fewer people than it takes now', by('ben', 'anna'), { ...approvers, quorum: 2 }],
    ['by somebody who is not named any more', by('ben'), { ...approvers, roles: [], clients: ['carl'] }],
    ['once only', [vote('ben', 'once')], approvers],
  ])('is not allowed again when it was %s', (_, votes, rule) => {
    expect(stillAllows(votes, rule, 'anna')).toBe(false)
  })
})
