import type { ApprovalSummary, ApprovalView, ApprovalVote } from '@guildhall/contracts'
import { present } from '../present.values.js'
import type { ApprovalVoteRow } from './approval-vote.entity.js'
import type { Approval } from './approval.entity.js'

/** An approval as those who may answer see it. */
export function approvalView(approval: Approval, votes: readonly ApprovalVote[] = []): ApprovalView {
  const { subject, files, options, match } = approval
  return { ...approvalSummary(approval, votes), subject, files, options, ...present({ match }) }
}

/** The same without what may be large. */
export function approvalSummary(approval: Approval, votes: readonly ApprovalVote[] = []): ApprovalSummary {
  const { id, taskId, kind, question, state, digest, defaultAnswer, requestedBy, askedBy, approvers } =
    approval
  return {
    id,
    taskId,
    kind,
    question,
    state,
    digest,
    defaultAnswer,
    deadline: approval.deadline.toISOString(),
    requestedBy,
    askedBy,
    approvers,
    votes: [...votes],
    createdAt: approval.createdAt.toISOString(),
    ...present({
      risk: approval.risk,
      escalatesAt: approval.escalatedAt ? null : approval.escalatesAt?.toISOString(),
      escalatedAt: approval.escalatedAt?.toISOString(),
      answer: approval.answer,
      decidedBy: approval.decidedBy,
      decidedAt: approval.decidedAt?.toISOString(),
      comment: approval.comment,
      usedAt: approval.usedAt?.toISOString(),
    }),
  }
}

export function voteView({ clientId, answer, at, comment }: ApprovalVoteRow): ApprovalVote {
  return { by: clientId, answer, at: at.toISOString(), ...present({ comment }) }
}
