import type { FunctionName } from '@guildhall/contracts'
import type { MatchResult } from '@guildhall/matching'
import { type HeldSkill, missingFunctions } from '../agents/agent.rights.js'

/** Why no agent is proposed for a task whose skills exist and whom nobody fits, in words; undefined when one may be. */
export function reasonNotToHire(
  result: Pick<MatchResult, 'candidates'>,
  requiredSkills: readonly HeldSkill[],
  functions: readonly FunctionName[],
): string | undefined {
  const [nearest] = result.candidates
  if (nearest?.coveredSkillIds.length === requiredSkills.length) {
    return `${nearest.name} holds these skills already: another agent could do no more of the task.`
  }
  const missing = missingFunctions(requiredSkills, functions)
  if (missing.length === 0) return undefined
  const needing = requiredSkills.filter((skill) => missingFunctions([skill], functions).length > 0)
  return `The requester may not let an agent call ${missing.join(', ')}, which ${needing.map((skill) => skill.name).join(', ')} needs.`
}
