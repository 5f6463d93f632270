import {
  type AgentRefusal,
  type AgentRegister,
  type SkillDraft,
  type ProposalContent,
  approvalDigest,
} from '@guildhall/contracts'
import type { Proposal } from './proposal.entity.js'

/** What an approved proposal makes: exactly what was approved, once. Else why it makes nothing. */
export function approvedContent(
  request: Pick<AgentRegister, 'taskId' | 'digest'>,
  proposal: Pick<Proposal, 'taskId' | 'digest' | 'content' | 'state'> | null,
): ProposalContent | AgentRefusal {
  if (!proposal || proposal.taskId !== request.taskId) {
    return { code: 'proposal-not-found', message: 'the registry made no such proposal for this task' }
  }
  if (proposal.state !== 'proposed') {
    return { code: 'proposal-used', message: `this proposal is ${proposal.state} already` }
  }
  if (request.digest !== proposal.digest) {
    return {
      code: 'digest-mismatch',
      message: 'what was approved is not what was proposed: hand in the task again',
    }
  }
  if (!proposal.content) {
    return {
      code: 'proposal-outdated',
      message: 'the proposal was made by an earlier release: hand in the task again',
    }
  }
  if (approvalDigest(proposal.content) !== proposal.digest) {
    return { code: 'proposal-changed', message: 'the stored proposal was changed after it was made' }
  }
  return proposal.content
}

/** Why drafts cannot become skills: somebody registered a skill of such a name since they were proposed. */
export function nameTaken(
  drafts: readonly Pick<SkillDraft, 'name'>[],
  names: ReadonlySet<string>,
): AgentRefusal | undefined {
  const taken = drafts.find(({ name }) => names.has(name))
  if (!taken) return undefined
  return {
    code: 'skill-name-taken',
    message: `a skill ${taken.name} was registered since the proposal: hand in the task again`,
  }
}

/** What a proposal may have as a message, with room for the match beside it. */
export const longestProposalBytes = 150 * 1024

/** Why no further proposal is put before people, or undefined while the tenant has fewer open than it may have. */
export function tooManyOpen(open: number, most: number): AgentRefusal | undefined {
  if (open < most) return undefined
  return {
    code: 'too-many-proposals',
    message: `${open} proposals wait for an answer and ${most} may: answer some (\`guildhall approvals list\`), then hand in the task again`,
  }
}
