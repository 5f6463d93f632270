import type { Hit } from './skill-index.js'

/**
 * Logistic regression over public task-to-skill suites (each suite weighs the same, served and unserved tasks weigh the same):
 * the probability that the first skill is the right one. Every feature but the intercept raises it.
 */
const INTERCEPT = -1.129
const OF_LOG_SCORE = 0.475
const OF_SHARE = 0.652
const OF_LEAD = 8.899
/** A lead beyond this proves nothing more; small registries with many examples produce large ones. */
const LARGEST_LEAD = 0.3
/** Two registrations of one skill score the same; a copy is no reason to doubt the original. */
const COPY_TOLERANCE = 1e-6

const isCopy = (a: Hit, b: Hit): boolean => Math.abs(a.score - b.score) <= COPY_TOLERANCE * a.score

/** Probability, 0 to 1, for each hit of one text; `hits` best first, and so is the answer. */
export const matchScores = (hits: readonly Hit[]): number[] => {
  const best = hits[0]
  if (best === undefined) return []
  const rival = hits.find((hit) => !isCopy(best, hit))
  let ceiling = 1
  return hits.map((hit) => {
    const lead = isCopy(best, hit) ? best.score - (rival?.score ?? 0) : hit.score - best.score
    const evidence =
      INTERCEPT +
      OF_LOG_SCORE * Math.log(hit.score + 0.05) +
      OF_SHARE * hit.share +
      OF_LEAD * Math.max(-1, Math.min(LARGEST_LEAD, lead))
    ceiling = Math.min(ceiling, 1 / (1 + Math.exp(-evidence)))
    return ceiling
  })
}
