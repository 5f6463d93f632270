import { approvalStates } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { type ApprovalQuestion, judgeAnswer } from './approval.policy.js'

const digest = 'a'.repeat(64)
const deadline = new Date('2026-01-02T00:00:00Z')
const inTime = new Date(deadline.getTime() - 1)
const question: ApprovalQuestion = { state: 'pending', digest, deadline }

describe('an answer to an approval', () => {
  it('approves once or for good, or refuses', () => {
    expect(judgeAnswer(question, 'once', digest, inTime)).toEqual({ accepted: true, state: 'approved' })
    expect(judgeAnswer(question, 'permanent', digest, inTime)).toEqual({ accepted: true, state: 'approved' })
    expect(judgeAnswer(question, 'refuse', digest, inTime)).toEqual({ accepted: true, state: 'refused' })
  })

  it('may leave out the digest: it is for whatever is pending', () => {
    expect(judgeAnswer(question, 'once', undefined, inTime).accepted).toBe(true)
  })

  it.each(approvalStates.filter((state) => state !== 'pending'))(
    'comes too late when it is %s already',
    (state) => {
      expect(judgeAnswer({ ...question, state }, 'once', digest, inTime)).toEqual({
        accepted: false,
        code: 'approval-stale',
        message: `this approval is ${state} already; nothing was changed`,
      })
    },
  )

  it('comes too late from the deadline on, though nobody has closed it yet', () => {
    expect(judgeAnswer(question, 'refuse', digest, deadline)).toEqual({
      accepted: false,
      code: 'approval-expired',
      message: 'the deadline was 2026-01-02T00:00:00.000Z',
    })
  })

  it('does not count for another proposal than the one that was shown', () => {
    expect(judgeAnswer(question, 'once', 'b'.repeat(64), inTime)).toEqual({
      accepted: false,
      code: 'approval-changed',
      message: 'the proposal is not the one you were shown: look at it again',
    })
  })
})
