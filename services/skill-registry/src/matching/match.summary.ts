import type { AgentCandidate, AgentRef, MatchExplained, MatchSummary } from '@guildhall/contracts'
import type { MatchResult } from '@guildhall/matching'
import type { AgentSearch } from '../skill.registry.js'
import type { Catalog } from './catalog.js'
import type { MatchEvidence } from './match-decision.entity.js'
import type { DrawnProposal } from '../proposals/proposal.desk.js'
import type { SourcedMatch } from './tenant.matcher.js'

const shownExampleCharacters = 200

/** The matcher's answer in the form that people are shown. */
export function summarise(
  matchId: string,
  { result, source, degraded }: SourcedMatch,
  agent?: AgentRef,
  furtherReasons: readonly string[] = [],
): MatchSummary {
  const { requirements, runnerUp } = result
  return {
    matchId,
    ...(agent && { agent }),
    matchScore: result.matchScore,
    threshold: result.threshold,
    confirmBelow: result.confirmLine,
    margin: result.margin,
    requiredSkills: requirements.requiredSkills.map((skill) => skill.name),
    missingSkills: requirements.missingSkills,
    reasons: [...result.reasons, ...furtherReasons],
    ...(runnerUp && { runnerUp: { name: runnerUp.name, matchScore: runnerUp.score } }),
    source,
    ...(degraded !== undefined && { degraded }),
  }
}

/**
 * The answer when an agent is proposed: it would hold every required skill, so its weakest one is its score. With drafted
 * skills alone it has none: nobody can know yet how well they serve.
 */
export function summariseProposal(
  matchId: string,
  match: SourcedMatch,
  { config, remarks }: Pick<DrawnProposal, 'config' | 'remarks'>,
): MatchSummary {
  const held = match.result.requirements.requiredSkills.filter(({ name }) => config.skills.includes(name))
  if (held.length === 0) return { ...summarise(matchId, match, undefined, remarks), matchScore: 0 }
  const matchScore = Math.min(...held.map((skill) => skill.score))
  const reason = `${config.name}, which is proposed, would hold every required skill (score ${matchScore.toFixed(2)}).`
  return { ...summarise(matchId, match, undefined, [reason, ...remarks]), matchScore }
}

/** Facets and candidates as `match.explained` shows them. */
export function explain({ result }: SourcedMatch, match: MatchSummary): MatchExplained {
  return {
    outcome: result.outcome,
    match,
    facets: facetsOf(result),
    candidates: result.candidates.map(({ name, score, coverage, coveredSkillIds }) => ({
      name,
      matchScore: score,
      coverage,
      skills: namesOf(result, coveredSkillIds),
    })),
  }
}

/** What the decision is recorded with. */
export function evidenceOf({ catalog, explanation, requiredSkills }: AgentSearch): MatchEvidence {
  return {
    revision: catalog.revision,
    skillIds: requiredSkills.map((skill) => skill.id),
    facets: facetsOf(explanation.result),
    candidates: candidatesOf(catalog, explanation.result),
  }
}

/** The best three agents, as a person may choose from them. */
export function candidatesOf(catalog: Catalog, result: MatchResult): AgentCandidate[] {
  return result.candidates.flatMap(({ agentId, score, coveredSkillIds }) => {
    const agent = catalog.agents.find(({ ref }) => ref.id === agentId)?.ref
    return agent ? [{ agent, matchScore: score, skills: namesOf(result, coveredSkillIds) }] : []
  })
}

function facetsOf({ requirements }: MatchResult): MatchExplained['facets'] {
  return requirements.facets.map(({ text, covered, skills }) => ({
    text,
    covered,
    skills: skills.map(({ name, score, matchedTerms, similarity, nearestExample }) => ({
      name,
      score,
      matchedTerms,
      ...(similarity !== undefined && { similarity }),
      ...(nearestExample !== undefined && {
        nearestExample: nearestExample.slice(0, shownExampleCharacters).toWellFormed(),
      }),
    })),
  }))
}

function namesOf({ requirements }: MatchResult, skillIds: readonly string[]): string[] {
  return requirements.requiredSkills
    .filter(({ skillId }) => skillIds.includes(skillId))
    .map(({ name }) => name)
}
