import { allowsFunction, type FunctionName, functionNames, type Rights } from '@guildhall/contracts'
import type { MatchResult } from '@guildhall/matching'
import { functionsOf, type HeldSkill } from '../agents/agent.rights.js'

/** The built-in functions that a requester may let an agent call. */
export function heldFunctions(rights: Pick<Rights, 'functions'>): FunctionName[] {
  return functionNames.filter((name) => allowsFunction(rights, name))
}

/** What bounds an agent that is to be hired. */
export interface HiringLimits {
  /** What the requester may let it call. */
  rights: Pick<Rights, 'functions'>
  /** Whether the executor has a model. */
  hasModelAgents: boolean
}

/** Why no new agent may hold these skills, in words; undefined when one may. */
export function reasonNotToHold(
  skills: readonly HeldSkill[],
  { rights, hasModelAgents }: HiringLimits,
): string | undefined {
  const unscripted = skills.filter((skill) => !skill.scripted)
  if (unscripted.length > 0 && !hasModelAgents) {
    return `The executor has no model, which ${listed(unscripted)} needs: set OPENAI_BASE_URL or OPENAI_API_KEY.`
  }
  const missing = beyond(skills, rights)
  if (missing.length === 0) return undefined
  const needing = skills.filter((skill) => beyond([skill], rights).length > 0)
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

function beyond(skills: readonly HeldSkill[], rights: HiringLimits['rights']): FunctionName[] {
  return functionsOf(skills).filter((name) => !allowsFunction(rights, name))
}

function listed(skills: readonly HeldSkill[]): string {
  return skills.map((skill) => skill.name).join(', ')
}
