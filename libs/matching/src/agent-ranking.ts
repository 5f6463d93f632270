import type { AgentMatch, AgentProfile, Requirements } from './matcher.js'

/** What an agent that lacks a required skill keeps of its score: it may be the nearest, it is never a fit. */
const KEPT_WITHOUT_A_SKILL = 0.5

/** An agent with its skills as a set, built once for a registry. */
export interface Candidate {
  readonly agent: AgentProfile
  readonly owned: ReadonlySet<string>
}

export interface RankedAgent {
  readonly match: AgentMatch
  readonly holdsAll: boolean
}

/**
 * Agents that hold something of use, best first. Equal scores: the agent whose own description is nearer to the task, then the one
 * with fewer skills (least rights), then by name and id.
 */
export const rankAgents = (
  requirements: Requirements,
  agents: readonly Candidate[],
  profileScore: (agentIndex: number) => number,
): RankedAgent[] => {
  const { requiredSkills, missingSkills, facets } = requirements
  const anyRequired = requiredSkills.length > 0
  const wanted = anyRequired ? requiredSkills : facets.flatMap(({ skills }) => skills)
  const needs = anyRequired ? requiredSkills.length + missingSkills.length : facets.length

  const ranked = agents.flatMap(({ agent, owned }, position) => {
    const held = wanted.filter(({ skillId }) => owned.has(skillId))
    if (held.length === 0) return []
    const scores = held.map(({ score }) => score)
    const holdsAll = anyRequired && held.length === requiredSkills.length
    const coverage = anyRequired ? held.length / needs : 0
    const weakest = Math.min(...scores)
    const score = !anyRequired
      ? Math.max(...scores)
      : holdsAll
        ? weakest * coverage
        : KEPT_WITHOUT_A_SKILL * weakest * coverage
    const match: AgentMatch = {
      agentId: agent.id,
      name: agent.name,
      score,
      coverage,
      coveredSkillIds: anyRequired ? held.map(({ skillId }) => skillId) : [],
      matchedTerms: [...new Set(held.flatMap(({ matchedTerms }) => matchedTerms))],
    }
    return [{ match, holdsAll, profile: profileScore(position), size: owned.size }]
  })
  const inOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return ranked.sort(
    (a, b) =>
      Number(b.holdsAll) - Number(a.holdsAll) ||
      b.match.score - a.match.score ||
      b.profile - a.profile ||
      a.size - b.size ||
      inOrder(a.match.name, b.match.name) ||
      inOrder(a.match.agentId, b.match.agentId),
  )
}
