import { queryTermsOf } from './lexical/text-tokens.js'
import type { ProfileIndex } from './profile-index.js'
import type { Ranking } from './skill-search.js'

/** Weight of the vector beside the words of a profile. */
const VECTOR_WEIGHT = 0.3
/** What an agent's skills weigh beside its profile when it is certain which skill the task needs. */
const SKILLS_WEIGHT = 0.8
/** How fast a skill's part of the evidence falls with its distance from the best one. */
const SHARPNESS = 20
/** Skills that are farther behind the best one have no share worth counting. */
const FARTHEST = 0.25

/** How well the agents' own descriptions fit a text, by slot. An agent that says nothing of itself has its name only. */
export const profileScores = (
  agents: ProfileIndex,
  text: string,
  vector: Float32Array | undefined,
): Float64Array => {
  const { scores } = agents.terms.score(queryTermsOf(text))
  const similarities = vector && agents.vectors?.table.similarities(vector, agents.slots)
  if (!similarities) return scores
  return scores.map((score, slot) => (1 - VECTOR_WEIGHT) * score + VECTOR_WEIGHT * similarities[slot]!)
}

/** The share of each skill, by slot, in what the task may be about; all shares together are 1. */
export const skillShares = (ranking: Ranking, slots: number): Map<number, number> => {
  const best = ranking.hits[0]?.score ?? 0
  const shares = new Map<number, number>()
  let sum = 0
  for (let slot = 0; slot < slots; slot += 1) {
    const score = ranking.scoreOf(slot)
    if (score <= 0 || score < best - FARTHEST) continue
    const share = Math.exp(SHARPNESS * (score - best))
    shares.set(slot, share)
    sum += share
  }
  for (const [slot, share] of shares) shares.set(slot, share / sum)
  return shares
}

/**
 * What orders agents: how they describe themselves, and how much of what the task needs they hold, as far as it is certain.
 * @param certainty score of the task's first skill, 0 to 1
 * @param held share of what the task needs, 0 to 1
 */
export const agentEvidence = (profile: number, certainty: number, held: number): number =>
  profile + SKILLS_WEIGHT * certainty * held
