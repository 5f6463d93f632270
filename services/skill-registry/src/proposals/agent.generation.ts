import type { AgentConfig } from '@guildhall/contracts'
import { functionsOf, type HeldSkill } from '../agents/agent.rights.js'
import { generatePrompt } from './agent.prompt.js'

const longestDescription = 1024

/** What a model may say of an agent, beside its skills. */
export interface AgentDraft {
  description: string
  prompt: string
}

/**
 * Seed's `generate_agent_config`: the least agent that holds these skills, with the functions that they need and no more;
 * without a model when every one of them can do without.
 */
export function generateAgentConfig(
  name: string,
  skills: readonly (HeldSkill & { description: string })[],
  draft?: AgentDraft,
): AgentConfig {
  const functions = functionsOf(skills)
  return {
    name,
    description: draft?.description ?? describe(skills),
    prompt: generatePrompt(skills, functions, draft?.prompt),
    runtime: skills.every((skill) => skill.scripted) ? 'script' : 'llm',
    skills: skills.map((skill) => skill.name),
    functions,
    configuration: {},
  }
}

function describe(skills: readonly { name: string; description: string }[]): string {
  const [only] = skills
  const text =
    skills.length === 1 && only
      ? only.description
      : skills.map(({ name, description }) => `${name}: ${description}`).join(' ')
  return text.slice(0, longestDescription).toWellFormed()
}
