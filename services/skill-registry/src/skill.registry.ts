import { Inject, Injectable } from '@nestjs/common'
import {
  type AgentConfig,
  type AgentSnapshot,
  canonicalDigest,
  newId,
  type Rights,
} from '@guildhall/contracts'
import type { Requirements } from '@guildhall/matching'
import { inSpan } from '@guildhall/service-defaults'
import { agentNameFor, suffixed } from './agents/agent.name.js'
import { AgentRepository } from './agents/agent.repository.js'
import { agentSnapshot } from './agents/agent.views.js'
import { type Catalog, type CatalogSkill, usableAgents } from './matching/catalog.js'
import { MatcherCache } from './matching/matcher.cache.js'
import type { SourcedMatch } from './matching/tenant.matcher.js'
import type { CheckedDraft } from './proposals/draft.policy.js'
import { generateAgentConfig } from './proposals/agent.generation.js'
import { lockRegistry, markChanged } from './registry.revision.js'
import type { RegistryScope } from './registry.scope.js'
import { skillsNotFound } from './skills/skill.errors.js'
import { SkillRepository } from './skills/skill.repository.js'

export interface TaskToMatch {
  goal: string
  /** What the requester may let an agent do. */
  rights: Rights
}

export interface AgentSearch {
  /** The agent, with the skills that the task needs, and its match score; absent when none is sure to fit. */
  found?: [agent: AgentSnapshot, matchScore: number]
  /** The skills that the task needs, in the order in which it asks for them. */
  requiredSkills: CatalogSkill[]
  /** What there was to choose from. */
  catalog: Catalog
  /** Why it is this agent, or none. */
  explanation: SourcedMatch
}

/** Matches of one task, while its registry changes. */
const mostTries = 5

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

  /** Seed's `analyze_task_requirements`: which registered skills a task needs, and what no registered skill covers. */
  async analyzeTaskRequirements(scope: RegistryScope, goal: string): Promise<Requirements> {
    return (await this.matchers.matcherFor(scope)).analyse(goal)
  }

  /**
   * Seed's `find_agent_for_task`: the permanent agent that fits a task best, when nobody needs to confirm it. It may take
   * seconds where an endpoint helps: call it outside of transactions.
   */
  async findAgentForTask(scope: RegistryScope, task: TaskToMatch): Promise<AgentSearch> {
    const { catalog, explanation, requiredSkills } = await this.match(scope, task)
    const { agent: chosen, matchScore } = explanation.result
    const agent = catalog.agents.find(({ ref }) => ref.id === chosen?.agentId)
    if (!agent) return { catalog, requiredSkills, explanation }
    const versions = await this.skills.withIds(
      scope,
      requiredSkills.map((skill) => skill.id),
    )
    const snapshot = agentSnapshot(agent.ref, agent.config, versions)
    return { found: [snapshot, matchScore], catalog, requiredSkills, explanation }
  }

  /** A match that knows one catalog: the registry may change while an endpoint is asked. */
  private async match(scope: RegistryScope, task: TaskToMatch): Promise<Omit<AgentSearch, 'found'>> {
    for (let tries = 1; ; tries++) {
      const matcher = await this.matchers.matcherFor(scope)
      const { catalog } = matcher
      const explanation = await inSpan('match', {}, async (span) => {
        const match = await matcher.match(task.goal, usableAgents(catalog, task.rights))
        span.setAttributes({
          'guildhall.match.outcome': match.result.outcome,
          'guildhall.match.score': match.result.matchScore,
          'guildhall.match.source': match.source,
        })
        return match
      })
      const byName = new Map(catalog.skills.map((skill) => [skill.name, skill]))
      const required = explanation.result.requirements.requiredSkills
      const requiredSkills = required.flatMap(({ name }) => byName.get(name) ?? [])
      if (matcher.catalog === catalog && requiredSkills.length === required.length) {
        return { catalog, requiredSkills, explanation }
      }
      if (tries === mostTries)
        throw new Error('the registry changed again and again while a task was matched')
    }
  }

  /**
   * Seed's `propose_new_agent`: a configuration for a new agent with these skills, named after them; nothing is saved.
   * @param o.id decides the name's suffix when the plain name is taken
   * @param o.draft skills that nobody has registered, and what a model says of the agent
   * @throws RequestError `skill-not-found`
   */
  async proposeNewAgent(
    scope: RegistryScope,
    requiredSkills: readonly string[],
    { id = newId(), draft }: { id?: string; draft?: CheckedDraft } = {},
  ): Promise<AgentConfig> {
    const { catalog } = await this.matchers.matcherFor(scope)
    const known = new Map(catalog.skills.map((skill) => [skill.name, skill]))
    const missing = requiredSkills.filter((name) => !known.has(name))
    if (missing.length > 0) throw skillsNotFound(missing)
    const taken = new Set(catalog.agents.map(({ ref }) => ref.name))
    const drafted = (draft?.skills ?? []).map((skill) => ({ ...skill, scripted: false }))
    const skills = [...requiredSkills.flatMap((skill) => known.get(skill) ?? []), ...drafted]
    const names = skills.map((skill) => skill.name)
    const name = agentNameFor(names, (candidate) => taken.has(candidate), id)
    return generateAgentConfig(name, skills, draft?.agent)
  }

  /**
   * Seed's `save_agent_config`: makes an agent of a configuration; call it in a transaction. An ephemeral agent gets a name
   * of its own. A permanent one gets the configuration's name, with a suffix when another agent has it; the very same
   * agent is not made twice.
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
