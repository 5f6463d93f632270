import type { AgentConfig, AgentRef, AgentSnapshot, AgentVersionView, AgentView } from '@guildhall/contracts'
import type { Skill } from '../skills/skill.entity.js'
import { skillSnapshot } from '../skills/skill.views.js'
import type { AgentVersion } from './agent-version.entity.js'
import type { Agent } from './agent.entity.js'

/** An agent with its current version. */
export interface CurrentAgent {
  agent: Agent
  version: AgentVersion
}

export function agentRef({ agent, version }: CurrentAgent): AgentRef {
  return { id: agent.id, name: agent.name, version: version.version, ephemeral: agent.ephemeral }
}

export function agentView(current: CurrentAgent): AgentView {
  const { agent, version } = current
  return {
    ...agentRef(current),
    state: agent.state,
    config: version.config,
    createdAt: agent.createdAt.toISOString(),
    ...(agent.state === 'active' && agent.expiresAt && { expiresAt: agent.expiresAt.toISOString() }),
  }
}

export function agentVersionView(
  { version, digest, createdAt }: AgentVersion,
  { currentVersion }: Pick<Agent, 'currentVersion'>,
): AgentVersionView {
  return { version, digest, createdAt: createdAt.toISOString(), current: version === currentVersion }
}

/** The key space of the StateManager in which an agent keeps what it knows. */
export function stateSpaceOf({ id }: Pick<Agent, 'id'>): string {
  return `agent:${id}`
}

/** The agent with the skills that a task needs. */
export function agentSnapshot(ref: AgentRef, config: AgentConfig, skills: readonly Skill[]): AgentSnapshot {
  return { ref, config, skills: skills.map(skillSnapshot) }
}
