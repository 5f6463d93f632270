import { Inject, Injectable } from '@nestjs/common'
import {
  type AgentConfig,
  agentNamePattern,
  type AgentState,
  canonicalDigest,
  newId,
} from '@guildhall/contracts'
import { In, LessThanOrEqual, row } from '@guildhall/mysql'
import type { RegistryScope } from '../registry.scope.js'
import { SkillRegistryConfig } from '../skill-registry.config.js'
import { AgentVersion } from './agent-version.entity.js'
import { Agent } from './agent.entity.js'
import type { CurrentAgent } from './agent.views.js'

/** A tenant's agents. */
@Injectable()
export class AgentRepository {
  constructor(
    @Inject(SkillRegistryConfig) private readonly config: Pick<SkillRegistryConfig, 'ephemeralTtlMs'>,
  ) {}

  /** Adds an active agent with its first version; one for a task is ephemeral, and its time begins to run. */
  async add(
    { manager, tenant }: RegistryScope,
    config: AgentConfig,
    o: { id?: string; name: string; taskId: string | null },
  ): Promise<CurrentAgent> {
    const id = o.id ?? newId()
    const createdAt = new Date()
    const agent: Agent = {
      id,
      tenant,
      name: o.name,
      activeName: o.name,
      state: 'active',
      ephemeral: o.taskId !== null,
      currentVersion: 1,
      taskId: o.taskId,
      expiresAt: o.taskId === null ? null : new Date(createdAt.getTime() + this.config.ephemeralTtlMs),
      createdAt,
    }
    const version = { agentId: id, version: 1, config, digest: canonicalDigest(config), createdAt }
    await manager.insert(Agent, agent)
    await manager.insert(AgentVersion, row<AgentVersion>(version))
    return { agent, version }
  }

  /** Adds a version unless the current one says the same. */
  async addVersion(scope: RegistryScope, current: CurrentAgent, config: AgentConfig): Promise<CurrentAgent> {
    const digest = canonicalDigest(config)
    if (digest === current.version.digest) return current
    const number = current.version.version + 1
    const version = { agentId: current.agent.id, version: number, config, digest, createdAt: new Date() }
    await scope.manager.insert(AgentVersion, row<AgentVersion>(version))
    await scope.manager.update(Agent, { id: current.agent.id }, { currentVersion: number })
    return { agent: { ...current.agent, currentVersion: number }, version }
  }

  /** Ends an agent and frees its name; one that stays meanwhile is not disposed of. */
  async end({ manager }: RegistryScope, agent: Agent, state: Exclude<AgentState, 'active'>): Promise<Agent> {
    const where =
      state === 'disposed' ? { id: agent.id, state: agent.state, ephemeral: true } : { id: agent.id }
    await manager.update(Agent, where, { state, activeName: null })
    return { ...agent, state, activeName: null }
  }

  /** Makes a permanent agent of an ephemeral one, whether its task is over or not. */
  async keep({ manager }: RegistryScope, agent: Agent): Promise<Agent> {
    const kept = { state: 'active', ephemeral: false, expiresAt: null, activeName: agent.name } as const
    await manager.update(Agent, { id: agent.id }, kept)
    return { ...agent, ...kept }
  }

  /** Ephemeral agents of any tenant whose time is up and whom nobody else is letting go; locked. */
  async expired(manager: RegistryScope['manager'], limit: number): Promise<Agent[]> {
    return manager.find(Agent, {
      where: { state: 'active', expiresAt: LessThanOrEqual(new Date()) },
      take: limit,
      lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
    })
  }

  /** Newest first. */
  async versions({ manager }: RegistryScope, agentId: string): Promise<AgentVersion[]> {
    return manager.find(AgentVersion, { where: { agentId }, order: { version: 'DESC' } })
  }

  async version({ manager }: RegistryScope, agentId: string, version: number): Promise<AgentVersion | null> {
    return manager.findOneBy(AgentVersion, { agentId, version })
  }

  async withId(scope: RegistryScope, id: string): Promise<CurrentAgent | undefined> {
    const { manager, tenant } = scope
    return this.current(scope, await manager.findOneBy(Agent, { id, tenant }))
  }

  async active(scope: RegistryScope, name: string): Promise<CurrentAgent | undefined> {
    const { manager, tenant } = scope
    return this.current(scope, await manager.findOneBy(Agent, { activeName: name, tenant }))
  }

  /** By name or id; of several with one name the active one, else the newest. */
  async named(scope: RegistryScope, nameOrId: string): Promise<CurrentAgent | undefined> {
    const { manager, tenant } = scope
    // Nothing else is even comparable with the columns' characters.
    if (!agentNamePattern.test(nameOrId)) return undefined
    const agents = await manager.find(Agent, {
      where: [
        { tenant, name: nameOrId },
        { tenant, id: nameOrId },
      ],
      order: { createdAt: 'DESC', id: 'DESC' },
      take: 100,
    })
    return this.current(scope, agents.find((agent) => agent.state === 'active') ?? agents[0] ?? null)
  }

  /** Newest first. */
  async list(
    scope: RegistryScope,
    which: { states?: readonly AgentState[]; permanentOnly?: boolean; limit?: number },
  ): Promise<CurrentAgent[]> {
    const { manager, tenant } = scope
    const agents = await manager.find(Agent, {
      where: {
        tenant,
        ...(which.states && { state: In([...which.states]) }),
        ...(which.permanentOnly && { ephemeral: false }),
      },
      order: { createdAt: 'DESC', id: 'DESC' },
      ...(which.limit !== undefined && { take: which.limit }),
    })
    if (agents.length === 0) return []
    const versions = await manager
      .createQueryBuilder(AgentVersion, 'version')
      .innerJoin(Agent, 'agent', 'agent.id = version.agentId AND agent.currentVersion = version.version')
      .where('agent.id IN (:...ids)', { ids: agents.map((agent) => agent.id) })
      .getMany()
    const byAgent = new Map(versions.map((version) => [version.agentId, version]))
    return agents.flatMap((agent) => {
      const version = byAgent.get(agent.id)
      return version ? [{ agent, version }] : []
    })
  }

  private async current({ manager }: RegistryScope, agent: Agent | null): Promise<CurrentAgent | undefined> {
    if (!agent) return undefined
    const version = await manager.findOneByOrFail(AgentVersion, {
      agentId: agent.id,
      version: agent.currentVersion,
    })
    return { agent, version }
  }
}
