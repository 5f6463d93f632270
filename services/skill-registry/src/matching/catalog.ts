import type { AgentConfig, AgentRef, FunctionName } from '@guildhall/contracts'
import type { AgentProfile, SkillProfile } from '@guildhall/matching'
import { canCarryOut, type HeldSkill } from '../agents/agent.rights.js'

/** The latest version of a skill, without its files. */
export interface CatalogSkill extends HeldSkill {
  id: string
  description: string
  tags: readonly string[]
  examples: readonly string[]
  /** The beginning of its instructions, as far as the matcher reads. */
  body: string
}

/** A permanent, active agent. */
export interface CatalogAgent {
  ref: AgentRef
  config: AgentConfig
}

/** What a tenant has to choose from, at one revision of its registry. */
export interface Catalog {
  revision: number
  skills: readonly CatalogSkill[]
  agents: readonly CatalogAgent[]
}

export function skillProfiles(catalog: Catalog): SkillProfile[] {
  return catalog.skills.map(({ id, name, description, tags, examples, body }) => ({
    id,
    name,
    description,
    tags,
    examples,
    body,
  }))
}

/**
 * The agents that a requester with these functions may use, each with the skills that it can really carry out. An agent
 * that may do more than its requester is left out: it would lend its rights.
 */
export function agentProfiles(catalog: Catalog, functions: readonly FunctionName[]): AgentProfile[] {
  const skills = new Map(catalog.skills.map((skill) => [skill.name, skill]))
  return catalog.agents
    .filter(({ config }) => config.functions.every((name) => functions.includes(name)))
    .map(({ ref, config }) => ({
      id: ref.id,
      name: ref.name,
      description: config.description,
      skillIds: config.skills.flatMap((name) => {
        const skill = skills.get(name)
        return skill && canCarryOut(config, skill) ? [skill.id] : []
      }),
    }))
}
