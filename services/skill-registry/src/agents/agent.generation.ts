import type { AgentConfig } from '@guildhall/contracts'
import { generatePrompt } from './agent.prompt.js'
import { functionsOf, type HeldSkill } from './agent.rights.js'

const longestDescription = 1024

/**
 * The least agent that holds these skills: the functions that they need and no more; without a model when every one of
 * them can do without.
 */
export function generateAgentConfig(
  name: string,
  skills: readonly (HeldSkill & { description: string })[],
): AgentConfig {
  const functions = functionsOf(skills)
  return {
    name,
    description: describe(skills),
    prompt: generatePrompt(skills, functions),
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
