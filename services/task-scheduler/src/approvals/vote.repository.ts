import type { ApprovalVote } from '@guildhall/contracts'
import { type EntityManager, In } from '@guildhall/mysql'
import { ApprovalVoteRow } from './approval-vote.entity.js'
import { voteView } from './approval.views.js'

/** Who said what, first one first. */
export async function votesOn(manager: EntityManager, approvalId: string): Promise<ApprovalVote[]> {
  return (await votesByApproval(manager, [approvalId])).get(approvalId) ?? []
}

/** The same for many approvals at once. */
export async function votesByApproval(
  manager: EntityManager,
  approvalIds: readonly string[],
): Promise<Map<string, ApprovalVote[]>> {
  if (approvalIds.length === 0) return new Map()
  const rows = await manager.find(ApprovalVoteRow, {
    where: { approvalId: In([...approvalIds]) },
    order: { at: 'ASC', clientId: 'ASC' },
  })
  const grouped = Map.groupBy(rows, ({ approvalId }) => approvalId)
  return new Map([...grouped].map(([id, votes]) => [id, votes.map(voteView)]))
}
