import type { AgentRef, MatchExplained, MatchSummary } from '@guildhall/contracts'
import type { MatchResult } from '@guildhall/matching'

/** The matcher's answer in the form that people are shown. */
export function summarise(
  matchId: string,
  result: MatchResult,
  agent?: AgentRef,
  furtherReasons: readonly string[] = [],
): MatchSummary {
  const { requirements, runnerUp } = result
  return {
    matchId,
    ...(agent && { agent }),
    matchScore: result.matchScore,
    threshold: result.threshold,
    margin: result.margin,
    requiredSkills: requirements.requiredSkills.map((skill) => skill.name),
    missingSkills: requirements.missingSkills,
    reasons: [...result.reasons, ...furtherReasons],
    ...(runnerUp && { runnerUp: { name: runnerUp.name, matchScore: runnerUp.score } }),
  }
}

/** The answer when an agent is proposed: it would hold every required skill, so its weakest one is its score. */
export function summariseProposal(matchId: string, result: MatchResult, name: string): MatchSummary {
  const matchScore = Math.min(...result.requirements.requiredSkills.map((skill) => skill.score))
  const reason = `${name}, which is proposed, would hold every required skill (score ${matchScore.toFixed(2)}).`
  return { ...summarise(matchId, result, undefined, [reason]), matchScore }
}

/** Facets and candidates as `match.explained` shows them. */
export function explain(result: MatchResult, match: MatchSummary): MatchExplained {
  return {
    outcome: result.outcome,
    match,
    facets: result.requirements.facets.map(({ text, covered, skills }) => ({
      text,
      covered,
      skills: skills.map(({ name, score, matchedTerms }) => ({ name, score, matchedTerms })),
    })),
    candidates: result.candidates.map(({ name, score, coverage }) => ({ name, matchScore: score, coverage })),
  }
}
