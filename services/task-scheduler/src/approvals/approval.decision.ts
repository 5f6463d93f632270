import type { ApprovalAnswer, ApprovalState, TaskState } from '@guildhall/contracts'

/** How an approval ends. */
export interface Decision {
  state: Exclude<ApprovalState, 'pending' | 'revoked'>
  answer: ApprovalAnswer | null
  /** A client's id, `policy:<rule>`, `approval:<id>`, or null when nobody decided. */
  decidedBy: string | null
  comment: string | null
  /** What a task that it rejects is told. */
  error?: { code: string; message: string }
}

export function approvedByPolicy(rule: string, answer: ApprovalAnswer): Decision {
  return { state: 'approved', answer, decidedBy: `policy:${rule}`, comment: null }
}

/** Allowed for good by an earlier approval of the very same. */
export function approvedBefore(approvalId: string): Decision {
  return { state: 'approved', answer: 'once', decidedBy: `approval:${approvalId}`, comment: null }
}

export function deniedByPolicy(rule: string, reason: string | undefined): Decision {
  const message = `the policy ${rule} denies it${reason === undefined ? '' : `: ${reason}`}`
  return {
    state: 'refused',
    answer: 'refuse',
    decidedBy: `policy:${rule}`,
    comment: reason ?? null,
    error: { code: 'approval-denied', message },
  }
}

/** Nobody was asked, since nobody, or too few people, could have answered. */
export function refusedWithoutApprovers(problem: string): Decision {
  const message = `nobody was asked: ${problem}`
  return {
    state: 'refused',
    answer: 'refuse',
    decidedBy: null,
    comment: message,
    error: { code: 'no-approvers', message },
  }
}

export function expiredAt(deadline: Date, defaultAnswer: ApprovalAnswer): Decision {
  const message = `nobody answered before ${deadline.toISOString()}: refused`
  return {
    state: 'expired',
    answer: defaultAnswer,
    decidedBy: null,
    comment: null,
    error: { code: 'approval-expired', message },
  }
}

/** A step of a task that has ended is not asked about. */
export function withdrawnWith(taskState: TaskState): Decision {
  return { state: 'withdrawn', answer: null, decidedBy: null, comment: `the task is ${taskState}` }
}

/** Something else is proposed now. */
export const superseded: Decision = { state: 'superseded', answer: null, decidedBy: null, comment: null }
