import type { AgentMatch, Outcome, Requirements } from './matcher.js'

const inWords = (score: number): string => score.toFixed(2)
const quoted = (texts: readonly string[]): string => texts.map((text) => `"${text}"`).join(', ')

/** Why a task went where it went, in sentences that need no further knowledge. */
export const reasonsFor = (
  outcome: Outcome,
  requirements: Requirements,
  first: AgentMatch | undefined,
  margin: number,
  runnerUp: AgentMatch | undefined,
  threshold: number,
): string[] => {
  const { facets, requiredSkills, missingSkills } = requirements
  if (facets.length === 0) return ['The task has no words that could be matched with a skill.']
  const reasons = requiredSkills.map(
    ({ name, score, matchedTerms }) =>
      `The task needs the skill ${name} (score ${inWords(score)}; it shares ${quoted(matchedTerms.slice(0, 5))}).`,
  )
  if (requiredSkills.length === 0) {
    const nearest = facets.flatMap(({ skills }) => skills.slice(0, 1)).sort((a, b) => b.score - a.score)[0]
    reasons.push(
      nearest === undefined
        ? 'No registered skill shares a word with the task.'
        : `No registered skill reaches ${inWords(threshold)}; the nearest is ${nearest.name} with ${inWords(nearest.score)}.`,
    )
  }
  if (missingSkills.length > 0) reasons.push(`No registered skill covers ${quoted(missingSkills)}.`)
  if ((outcome === 'agent' || outcome === 'confirm') && first !== undefined) {
    reasons.push(`${first.name} holds every required skill (score ${inWords(first.score)}).`)
    if (runnerUp !== undefined) reasons.push(`It leads ${runnerUp.name} by ${inWords(margin)}.`)
  }
  if (outcome === 'confirm')
    reasons.push('A person should confirm it: the score is not high enough to assign it.')
  if (outcome === 'no-agent') {
    const held = first?.coveredSkillIds.length ?? 0
    reasons.push(
      first === undefined || held === 0
        ? 'No agent holds a required skill.'
        : held < requiredSkills.length
          ? `No agent holds all required skills; ${first.name} comes nearest with ${held} of ${requiredSkills.length}.`
          : `${first.name} holds the required skills but covers too little of the task (score ${inWords(first.score)}, ` +
            `${inWords(threshold)} is needed).`,
    )
  }
  return reasons
}
