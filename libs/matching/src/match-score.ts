import type { Evidence } from './matcher.js'

interface Coefficients {
  intercept: number
  lead: number
  topicalWords: number
  skillWords: number
  similarity: number
}

/**
 * Logistic regression on public task-to-skill suites: the probability that the first skill is the right one. Made by
 * `e2e/matching-bench/calibration.main.ts`; docs/decisions/0006 says how. Each feature only raises it, or only lowers it.
 */
const EMBEDDED: Coefficients = {
  intercept: -2.642,
  lead: 3.225,
  topicalWords: 1.376,
  skillWords: -0.406,
  similarity: 2.774,
}
const LEXICAL: Coefficients = {
  intercept: -1.122,
  lead: 2.406,
  topicalWords: 1.799,
  skillWords: -0.554,
  similarity: 0,
}
/** A lead four times as large is not four times as sure. */
const LEAD_SCALE = 4
const PRECISION = 1e5

/** Probability, 0 to 1, that a skill with this evidence is the right one for the text. */
export const matchScore = (evidence: Evidence): number => {
  const { lead, topicalWords, skillWords, similarity } = evidence
  const of = similarity === undefined ? LEXICAL : EMBEDDED
  const sum =
    of.intercept +
    of.lead * Math.log1p(LEAD_SCALE * Math.max(0, lead)) +
    of.topicalWords * Math.log1p(topicalWords) +
    of.skillWords * Math.log1p(skillWords) +
    of.similarity * (similarity ?? 0)
  return Math.round(PRECISION / (1 + Math.exp(-sum))) / PRECISION
}

/** Scores of skills that are given best first: none is higher than that of the skill before it. */
export const matchScores = (ranked: readonly Evidence[]): number[] => {
  let ceiling = 1
  return ranked.map((evidence) => (ceiling = Math.min(ceiling, matchScore(evidence))))
}
