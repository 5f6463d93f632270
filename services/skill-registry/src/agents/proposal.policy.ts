import { type AgentRegister, canonicalDigest } from '@guildhall/contracts'
import type { Proposal } from './proposal.entity.js'

/** Why an approved proposal is not registered, or undefined when it may be: exactly what was approved, once. */
export function reasonToRefuse(
  request: Pick<AgentRegister, 'taskId' | 'digest'>,
  proposal: Pick<Proposal, 'taskId' | 'digest' | 'config' | 'state'> | null,
): { code: string; message: string } | undefined {
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
  if (canonicalDigest(proposal.config) !== proposal.digest) {
    return { code: 'proposal-changed', message: 'the stored proposal was changed after it was made' }
  }
  return undefined
}
