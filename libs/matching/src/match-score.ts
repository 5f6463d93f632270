/** What speaks for a skill as the right one for a text. */
export interface Evidence {
  /** The skill's score less the mean of the five next best in the whole registry: how far it stands out of the background. */
  readonly lead: number
  /** Distinct topical words of the text that the skill contains. */
  readonly topicalWords: number
  /** Words of the skill in all its texts; a long one shares words with every task. */
  readonly skillWords: number
  /** Share of the text's idf mass whose words the skill contains, 0 to 1. */
  readonly share: number
  /** Cosine of the vectors of text and skill; absent when matched by words alone. */
  readonly similarity?: number
}

interface Coefficients {
  intercept: number
  lead: number
  topicalWords: number
  skillWords: number
  share: number
  similarity: number
}

/**
 * Logistic regression on public task-to-skill suites: the probability that the first skill is the right one. Made by
 * `e2e/matching-bench/calibration.main.ts`; docs/decisions/0006 says how. Each feature only raises it, or only lowers it.
 */
const EMBEDDED: Coefficients = {
  intercept: -2.294,
  lead: 5.053,
  topicalWords: 1.369,
  skillWords: -0.384,
  share: 0,
  similarity: 2.929,
}
const LEXICAL: Coefficients = {
  intercept: -2,
  lead: 3.2,
  topicalWords: 0.9,
  skillWords: -0.5,
  share: 2.4,
  similarity: 0,
}
const PRECISION = 1e5

/** Probability, 0 to 1, that a skill with this evidence is the right one for the text. */
export const matchScore = (evidence: Evidence): number => {
  const { lead, topicalWords, skillWords, share, similarity } = evidence
  const of = similarity === undefined ? LEXICAL : EMBEDDED
  const sum =
    of.intercept +
    of.lead * lead +
    of.topicalWords * Math.log1p(topicalWords) +
    of.skillWords * Math.log1p(skillWords) +
    of.share * share +
    of.similarity * (similarity ?? 0)
  return Math.round(PRECISION / (1 + Math.exp(-sum))) / PRECISION
}

/** Scores of skills that are given best first: none is higher than that of the skill before it. */
export const matchScores = (ranked: readonly Evidence[]): number[] => {
  let ceiling = 1
  return ranked.map((evidence) => (ceiling = Math.min(ceiling, matchScore(evidence))))
}
