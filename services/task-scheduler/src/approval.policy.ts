import type { ApprovalAnswer, ApprovalState, RefusalCode } from '@guildhall/contracts'

export interface ApprovalQuestion {
  state: ApprovalState
  digest: string
  deadline: Date
}

export type Verdict =
  | { accepted: true; state: Extract<ApprovalState, 'approved' | 'refused'> }
  | { accepted: false; code: RefusalCode; message: string }

/** Single use, bound to the digest, before the deadline. */
export function judgeAnswer(
  question: ApprovalQuestion,
  answer: ApprovalAnswer,
  shownDigest: string | undefined,
  now: Date,
): Verdict {
  if (question.state !== 'pending') {
    return refused('approval-stale', `this approval is ${question.state} already; nothing was changed`)
  }
  if (question.deadline <= now) {
    return refused('approval-expired', `the deadline was ${question.deadline.toISOString()}`)
  }
  if (shownDigest !== undefined && shownDigest !== question.digest) {
    return refused('approval-changed', 'the proposal is not the one you were shown: look at it again')
  }
  return { accepted: true, state: answer === 'refuse' ? 'refused' : 'approved' }
}

function refused(code: RefusalCode, message: string): Verdict {
  return { accepted: false, code, message }
}
