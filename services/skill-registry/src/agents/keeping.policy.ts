import { type AgentConfig, approvalDigest, type RefusalCode } from '@guildhall/contracts'
import type { Agent } from './agent.entity.js'
import type { CurrentAgent } from './agent.views.js'

/** Exactly what happens when a person agrees that an agent is kept. */
export interface KeepingContent {
  kind: 'keep-agent'
  subject: {
    agent: { id: string; name: string; version: number }
    config: AgentConfig
    becomes: 'permanent'
  }
}

export function keepingContent({ agent, version }: CurrentAgent): KeepingContent {
  const { id, name } = agent
  return {
    kind: 'keep-agent',
    subject: { agent: { id, name, version: version.version }, config: version.config, becomes: 'permanent' },
  }
}

/** Why nobody is asked to keep an agent: it stays anyway, or ended otherwise than with its task. */
export function reasonNotToKeep({
  name,
  state,
  ephemeral,
}: Pick<Agent, 'name' | 'state' | 'ephemeral'>): { code: RefusalCode; message: string } | undefined {
  if (state !== 'active' && state !== 'disposed') {
    return { code: 'agent-ended', message: `${name} is ${state} already` }
  }
  if (ephemeral) return undefined
  return { code: 'agent-permanent', message: `${name} stays already: there is nothing to keep` }
}

/** Whether what was agreed to is what would happen now. */
export function isAsAgreed(
  answered: { kind: string; digest: string },
  asked: { digest: string },
  current: CurrentAgent,
): boolean {
  const digest = approvalDigest(keepingContent(current))
  return (
    answered.kind === 'keep-agent' &&
    answered.digest === asked.digest &&
    digest === asked.digest &&
    reasonNotToKeep(current.agent) === undefined
  )
}
