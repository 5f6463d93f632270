import { isDeepStrictEqual } from 'node:util'
import { type AgentConfig, type AgentRef, allowsFunction, type Rights } from '@guildhall/contracts'
import type { AgentProfile, SkillProfile } from '@guildhall/matching'
import { canCarryOut, type HeldSkill } from '../agents/agent.rights.js'

/** The version of a skill that is handed out, without its files. */
export interface CatalogSkill extends HeldSkill {
  id: string
  description: string
  tags: readonly string[]
  examples: readonly string[]
  /** Task texts that people confirmed, newest first. */
  learnt: readonly string[]
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
  /** By name; each name once. */
  skills: readonly CatalogSkill[]
  agents: readonly CatalogAgent[]
}

/** What one catalog has otherwise than another. */
export interface CatalogChanges {
  removed: string[]
  /** New and changed ones. */
  replaced: CatalogSkill[]
  agentsChanged: boolean
}

/** The matcher knows a skill by its name, so that a new version takes the place of the old one. */
export function skillProfile(skill: CatalogSkill): SkillProfile {
  const { name, description, tags, examples, learnt, body } = skill
  return { id: name, name, description, tags, examples: [...examples, ...learnt], body }
}

/** Each agent with the skills that it can really carry out as those are now. */
export function agentProfiles(catalog: Catalog): AgentProfile[] {
  const skills = new Map(catalog.skills.map((skill) => [skill.name, skill]))
  return catalog.agents.map(({ ref, config }) => ({
    id: ref.id,
    name: ref.name,
    description: config.description,
    skillIds: config.skills.filter((name) => {
      const skill = skills.get(name)
      return skill !== undefined && canCarryOut(config, skill)
    }),
  }))
}

/** Ids of the agents that a requester with these rights may use: one that may call more would lend what it holds. */
export function usableAgents(catalog: Catalog, rights: Pick<Rights, 'functions'>): string[] {
  return catalog.agents
    .filter(({ config }) => config.functions.every((name) => allowsFunction(rights, name)))
    .map(({ ref }) => ref.id)
}

/** What a matcher of the first catalog needs to be told to be one of the second. */
export function changesBetween(before: Catalog, after: Catalog): CatalogChanges {
  const known = new Map(before.skills.map((skill) => [skill.name, skill]))
  const names = new Set(after.skills.map((skill) => skill.name))
  return {
    removed: before.skills.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    replaced: after.skills.filter((skill) => {
      const old = known.get(skill.name)
      return old?.id !== skill.id || !isDeepStrictEqual(old.learnt, skill.learnt)
    }),
    agentsChanged: !isDeepStrictEqual(agentProfiles(before), agentProfiles(after)),
  }
}
