import { allowsFunction, type FunctionName, functionNames, type Rights } from '@guildhall/contracts'
import type { MatchResult } from '@guildhall/matching'
import { type HeldSkill, missingFunctions } from '../agents/agent.rights.js'

/** The functions that a requester may let an agent call. */
export function heldFunctions(rights: Pick<Rights, 'functions'>): FunctionName[] {
  return functionNames.filter((name) => allowsFunction(rights, name))
}

/** What bounds an agent that is to be hired. */
export interface HiringLimits {
  /** What the requester may let it call. */
  functions: readonly FunctionName[]
  /** Whether the executor has a model. */
  hasModelAgents: boolean
}

/** Why no new agent may hold these skills, in words; undefined when one may. */
export function reasonNotToHold(
  skills: readonly HeldSkill[],
  { functions, hasModelAgents }: HiringLimits,
): string | undefined {
  const unscripted = skills.filter((skill) => !skill.scripted)
  if (unscripted.length > 0 && !hasModelAgents) {
    return `The executor has no model, which ${listed(unscripted)} needs: set OPENAI_BASE_URL or OPENAI_API_KEY.`
  }
  const missing = missingFunctions(skills, functions)
  if (missing.length === 0) return undefined
  const needing = skills.filter((skill) => missingFunctions([skill], functions).length > 0)
  return `The requester may not let an agent call ${missing.join(', ')}, which ${listed(needing)} needs.`
}

/** Why no agent is proposed for a task whose skills exist and whom nobody fits, in words; undefined when one may be. */
export function reasonNotToHire(
  result: Pick<MatchResult, 'candidates'>,
  requiredSkills: readonly HeldSkill[],
  limits: HiringLimits,
): string | undefined {
  const holder = result.candidates.find(
    ({ coveredSkillIds }) => coveredSkillIds.length === requiredSkills.length,
  )
  if (holder) {
    return `${holder.name} holds these skills already: another agent could do no more of the task.`
  }
  return reasonNotToHold(requiredSkills, limits)
}

function listed(skills: readonly HeldSkill[]): string {
  return skills.map((skill) => skill.name).join(', ')
}
