import type { AgentMatch, Outcome, Requirements } from './matcher.js'

const inWords = (score: number): string => score.toFixed(2)
const quoted = (texts: readonly string[]): string => texts.map((text) => `"${text}"`).join(', ')

export interface Decision {
  outcome: Outcome
  requirements: Requirements
  /** The agent that fits, else the first candidate. */
  best: AgentMatch | undefined
  margin: number
  runnerUp: AgentMatch | undefined
  threshold: number
  confirmLine: number
}

/** Why a task went where it went, in sentences that need no further knowledge. */
export const reasonsFor = (decision: Decision): string[] => {
  const { requirements, threshold } = decision
  const { facets, ranking, requiredSkills, missingSkills, source, degraded } = requirements
  if (facets.length === 0) return ['The task has no words that could be matched with a skill.']
  const reasons = requiredSkills.map(({ name, score, matchedTerms, similarity }) => {
    const shared = matchedTerms.length === 0 ? '' : `; it shares ${quoted(matchedTerms.slice(0, 5))}`
    const near = similarity === undefined ? '' : `; its meaning is near by ${inWords(similarity)}`
    return `The task needs the skill ${name} (score ${inWords(score)}${shared}${near}).`
  })
  const [nearest] = ranking
  if (requiredSkills.length === 0) {
    reasons.push(
      nearest === undefined
        ? 'No registered skill shares a word with the task.'
        : `No registered skill reaches ${inWords(threshold)}; the nearest is ${nearest.name} with ${inWords(nearest.score)}.`,
    )
  }
  if (missingSkills.length > 0) reasons.push(`No registered skill covers ${quoted(missingSkills)}.`)
  reasons.push(...reasonsForAgent(decision))
  if (degraded !== undefined) reasons.push(`Matched in the way "${source}" only: ${degraded}.`)
  return reasons
}

const reasonsForAgent = (decision: Decision): string[] => {
  const { outcome, requirements, best, margin, runnerUp, threshold, confirmLine } = decision
  const needed = requirements.requiredSkills.length
  switch (outcome) {
    case 'no-skill':
      return []
    case 'agent':
    case 'confirm': {
      if (best === undefined) return []
      const holds = `${best.name} holds every required skill (score ${inWords(best.score)}).`
      const leads = runnerUp === undefined ? [] : [`It leads ${runnerUp.name} by ${inWords(margin)}.`]
      if (outcome === 'agent') return [holds, ...leads]
      return [
        holds,
        best.score < confirmLine
          ? `A person should confirm it: ${inWords(confirmLine)} is needed to go without.`
          : 'A person should confirm it: another agent describes itself more fittingly.',
      ]
    }
    case 'no-agent': {
      const held = best?.coveredSkillIds.length ?? 0
      if (best === undefined || held === 0) return ['No agent holds a required skill.']
      if (held < needed) {
        return [`No agent holds all required skills; ${best.name} comes nearest with ${held} of ${needed}.`]
      }
      return [
        `${best.name} holds the required skills but covers too little of the task (score ${inWords(best.score)}, ` +
          `${inWords(threshold)} is needed).`,
      ]
    }
  }
}
