import { Inject, Injectable } from '@nestjs/common'
import {
  type AgentConfig,
  type AgentSnapshot,
  canonicalDigest,
  type FunctionName,
  newId,
} from '@guildhall/contracts'
import type { MatchResult, Requirements } from '@guildhall/matching'
import { generateAgentConfig } from './agents/agent.generation.js'
import { agentNameFor, suffixed } from './agents/agent.name.js'
import { inSpan } from '@guildhall/service-defaults'
import { AgentRepository } from './agents/agent.repository.js'
import { agentSnapshot } from './agents/agent.views.js'
import type { CatalogSkill } from './matching/catalog.js'
import { MatcherCache } from './matching/matcher.cache.js'
import { lockRegistry, markChanged } from './registry.revision.js'
import type { RegistryScope } from './registry.scope.js'
import { skillsNotFound } from './skills/skill.errors.js'
import { SkillRepository } from './skills/skill.repository.js'

export interface TaskToMatch {
  goal: string
  /** What the requester may let an agent do. */
  functions: readonly FunctionName[]
}

export interface AgentSearch {
  /** The agent, with the skills that the task needs, and its match score; absent when none is good enough. */
  found?: [agent: AgentSnapshot, matchScore: number]
  /** The skills that the task needs, in the order in which it asks for them. */
  requiredSkills: CatalogSkill[]
  /** Why it is this agent, or none. */
  explanation: MatchResult
}

/** Permanent agents serve every task from now on; the others only the one that they were hired for. */
export type Permanence = { permanent: true } | { permanent: false; taskId: string }

/** The skills and agents of a tenant: what a task needs, who has it, and who could be hired. */
@Injectable()
export class SkillRegistry {
  constructor(
    @Inject(MatcherCache) private readonly matchers: MatcherCache,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
  ) {}

  /** Which registered skills a task needs, and what no registered skill covers. */
  async analyzeTaskRequirements(scope: RegistryScope, task: TaskToMatch): Promise<Requirements> {
    const { matcher } = await this.matchers.matcherFor(scope, task.functions)
    return matcher.analyse(task.goal)
  }

  /** The permanent agent that fits a task best, at or above the threshold. */
  async findAgentForTask(scope: RegistryScope, task: TaskToMatch): Promise<AgentSearch> {
    const { catalog, matcher } = await this.matchers.matcherFor(scope, task.functions)
    const explanation = await inSpan('match', {}, async (span) => {
      const result = await matcher.match(task.goal)
      span.setAttributes({
        'guildhall.match.outcome': result.outcome,
        'guildhall.match.score': result.matchScore,
      })
      return result
    })
    const ids = explanation.requirements.requiredSkills.map((skill) => skill.skillId)
    const requiredSkills = ids.flatMap((id) => catalog.skills.find((skill) => skill.id === id) ?? [])
    const fits = explanation.outcome === 'agent' || explanation.outcome === 'confirm'
    const agent = fits && catalog.agents.find(({ ref }) => ref.id === explanation.candidates[0]?.agentId)
    if (!agent) return { requiredSkills, explanation }
    const snapshot = agentSnapshot(agent.ref, agent.config, await this.skills.withIds(scope, ids))
    return { found: [snapshot, explanation.matchScore], requiredSkills, explanation }
  }

  /**
   * A configuration for a new agent with these skills, named after them; nothing is saved.
   * @param id decides the name's suffix when the plain name is taken
   * @throws RequestError `skill-not-found`
   */
  async proposeNewAgent(
    scope: RegistryScope,
    requiredSkills: readonly string[],
    id = newId(),
  ): Promise<AgentConfig> {
    const { catalog } = await this.matchers.matcherFor(scope, [])
    const known = new Map(catalog.skills.map((skill) => [skill.name, skill]))
    const missing = requiredSkills.filter((name) => !known.has(name))
    if (missing.length > 0) throw skillsNotFound(missing)
    const taken = new Set(catalog.agents.map(({ ref }) => ref.name))
    const name = agentNameFor(requiredSkills, (candidate) => taken.has(candidate), id)
    return generateAgentConfig(
      name,
      requiredSkills.flatMap((skill) => known.get(skill) ?? []),
    )
  }

  /**
   * Makes an agent of a configuration; call it in a transaction. An ephemeral agent gets a name of its own. A permanent
   * one gets the configuration's name, with a suffix when another agent has it; the very same agent is not made twice.
   * @returns the agent's id.
   */
  async saveAgentConfig(scope: RegistryScope, config: AgentConfig, o: Permanence): Promise<string> {
    const id = newId()
    if (!o.permanent) {
      await this.agents.add(scope, config, { id, name: suffixed(config.name, id), taskId: o.taskId })
      return id
    }
    await lockRegistry(scope)
    const namesake = await this.agents.active(scope, config.name)
    if (namesake && !namesake.agent.ephemeral && namesake.version.digest === canonicalDigest(config)) {
      return namesake.agent.id
    }
    const name = namesake ? suffixed(config.name, id) : config.name
    await this.agents.add(scope, config, { id, name, taskId: null })
    await markChanged(scope)
    return id
  }
}
