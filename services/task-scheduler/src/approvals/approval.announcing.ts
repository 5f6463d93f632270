import {
  ApprovalAnswered,
  ApprovalDecided,
  ApprovalRequested,
  type ApprovalVote,
  type AskedKind,
  type MessageOrigin,
  ProposalClose,
} from '@guildhall/contracts'
import type { Transaction } from '@guildhall/mysql'
import { present } from '../present.values.js'
import type { Approval } from './approval.entity.js'
import { approvalView } from './approval.views.js'

/** What an approval causes is its tenant's, about its task, heard by whoever it is asked for. */
export function originOf(approval: Approval, causationid?: string): MessageOrigin {
  const { tenant, taskId, requestedBy } = approval
  return { tenant, subject: taskId, replyto: requestedBy, causationid }
}

/** Asks: whoever it is asked for hears the question, and each client that is named among those who may answer. */
export function announceQuestion(
  tx: Transaction,
  approval: Approval,
  votes: readonly ApprovalVote[],
  causationid?: string,
): void {
  const question = { taskId: approval.taskId, approval: approvalView(approval, votes) }
  for (const replyto of audienceOf(approval)) {
    tx.publish(ApprovalRequested, question, { ...originOf(approval, causationid), replyto })
  }
}

/** Tells whoever heard the question, and the service that asked it, what became of it. */
export function announceDecision(
  tx: Transaction,
  approval: Approval,
  votes: readonly ApprovalVote[],
  causationid?: string,
): void {
  const decided = { approval: approvalView(approval, votes) }
  for (const replyto of audienceOf(approval)) {
    tx.publish(ApprovalDecided, decided, { ...originOf(approval, causationid), replyto })
  }
  answerAsker(tx, approval, causationid)
  closeProposal(tx, approval, causationid)
}

/** Tells the service that asked by `approval.ask` how its question ended. */
export function answerAsker(tx: Transaction, approval: Approval, causationid?: string): void {
  const { id, askId, taskId, state, answer, defaultAnswer, digest } = approval
  if (askId === null || state === 'pending') return
  tx.publish(
    ApprovalAnswered,
    {
      taskId,
      askId,
      approvalId: id,
      kind: approval.kind as AskedKind,
      state,
      answer: answer ?? defaultAnswer,
      digest,
      permanent: state === 'approved' && answer === 'permanent',
      ...present({ decidedBy: approval.decidedBy, comment: approval.comment }),
    },
    originOf(approval, causationid),
  )
}

/** Tells the registry that nobody will approve its proposal any more. */
function closeProposal(tx: Transaction, approval: Approval, causationid?: string): void {
  const { proposalId, taskId, state } = approval
  if (proposalId === null || state === 'pending' || state === 'approved') return
  const ending = state === 'refused' || state === 'expired' ? state : 'withdrawn'
  tx.publish(ProposalClose, { taskId, proposalId, ending }, originOf(approval, causationid))
}

function audienceOf({ requestedBy, approvers }: Approval): Set<string> {
  return new Set([requestedBy, ...approvers.clients])
}
