import type { AgentMatch, AgentProfile, SkillMatch } from './matcher.js'

/** What an agent that lacks a required skill keeps of its score: it may be the nearest, it is never a fit. */
const KEPT_WITHOUT_A_SKILL = 0.5
const PRECISION = 1e5

export interface Needs {
  readonly requiredSkills: readonly SkillMatch[]
  readonly missingSkills: readonly string[]
  /** The nearest skills, for when none is required. */
  readonly nearest: readonly SkillMatch[]
}

export interface Candidate {
  readonly agent: AgentProfile
  readonly owned: ReadonlySet<string>
  /** What orders candidates; the higher the better. */
  readonly evidence: number
  /** Words of the task that its own description contains. */
  readonly profileTerms: readonly string[]
}

export interface RankedAgent {
  readonly match: AgentMatch
  readonly holdsAll: boolean
}

const rounded = (number: number): number => Math.round(number * PRECISION) / PRECISION
const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Agents that hold something of use or say that they do, best first. Equal evidence: the higher score, then fewer skills (least
 * rights), then name and id.
 */
export const rankAgents = (needs: Needs, candidates: readonly Candidate[]): RankedAgent[] => {
  const { requiredSkills, missingSkills, nearest } = needs
  const anyRequired = requiredSkills.length > 0
  const wanted = anyRequired ? requiredSkills : nearest

  const ranked = candidates.flatMap(({ agent, owned, evidence, profileTerms }) => {
    const held = wanted.filter(({ skillId }) => owned.has(skillId))
    if (held.length === 0 && profileTerms.length === 0) return []
    const holdsAll = anyRequired && held.length === requiredSkills.length
    const coverage = anyRequired ? held.length / (requiredSkills.length + missingSkills.length) : 0
    const scores = held.map(({ score }) => score)
    const weakest = held.length === 0 ? 0 : Math.min(...scores)
    const score = !anyRequired
      ? Math.max(0, ...scores)
      : weakest * coverage * (holdsAll ? 1 : KEPT_WITHOUT_A_SKILL)
    const match: AgentMatch = {
      agentId: agent.id,
      name: agent.name,
      score: rounded(score),
      coverage,
      coveredSkillIds: anyRequired ? held.map(({ skillId }) => skillId) : [],
      matchedTerms: [...new Set([...held.flatMap(({ matchedTerms }) => matchedTerms), ...profileTerms])],
      evidence: rounded(evidence),
    }
    return [{ match, holdsAll, size: owned.size }]
  })
  return ranked.sort(
    (a, b) =>
      b.match.evidence - a.match.evidence ||
      b.match.score - a.match.score ||
      a.size - b.size ||
      inOrder(a.match.name, b.match.name) ||
      inOrder(a.match.agentId, b.match.agentId),
  )
}
