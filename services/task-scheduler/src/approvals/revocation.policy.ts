import type { ApprovalKind, ApprovalVote, ClientIdentity } from '@guildhall/contracts'
import { type ApprovalQuestion, mayAnswer, refused, type Verdict } from './answer.policy.js'

export interface RevocableApproval extends ApprovalQuestion {
  kind: ApprovalKind
  answer: string | null
  usedAt: Date | null
}

/** Kinds whose approval is carried out in the moment it is given. */
const usedAtOnce: readonly ApprovalKind[] = ['new-agent', 'agent-choice', 'keep-agent']

/**
 * While it is pending each may take back the own voice. Once it is given whoever may answer it, and whoever it was asked
 * for, may take it back before it is used, and at any time what was allowed for good.
 */
export function judgeRevocation(
  approval: RevocableApproval,
  votes: readonly Pick<ApprovalVote, 'by'>[],
  client: Pick<ClientIdentity, 'id' | 'roles'>,
): Verdict<{ takes: 'voice' | 'approval' }> {
  if (approval.state === 'pending') {
    return votes.some(({ by }) => by === client.id)
      ? { accepted: true, takes: 'voice' }
      : refused('approval-not-yours', `${client.id} has not answered it; to refuse it say so`)
  }
  if (approval.state !== 'approved') {
    return refused('approval-stale', `this approval is ${approval.state} already; nothing was changed`)
  }
  if (client.id !== approval.requestedBy && !mayAnswer(approval, client)) {
    return refused('approval-not-yours', `${client.id} is not among those who may answer it`)
  }
  if (usedAtOnce.includes(approval.kind) || (approval.usedAt && approval.answer !== 'permanent')) {
    return refused('approval-used', 'what was approved has begun: it cannot be taken back')
  }
  return { accepted: true, takes: 'approval' }
}
