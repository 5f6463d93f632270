import { isTelling, sharesTopic } from './clause-refinement.js'
import { matchScores } from '../match-score.js'
import type { Ranking, SkillSearch } from '../skill-search.js'
import type { Clause } from './task-facets.js'

/** Skills shown for a text, and the depth in the whole task's ranking from which a clause may choose. */
export const SKILLS_PER_FACET = 5
/** Parts of clauses that are looked at; it bounds the time of a task that is one long enumeration. */
const MAX_PARTS = 16
/** A chosen skill that serves a clause at least this well, compared with the clause's best, serves it. */
const SERVES_NEARLY_AS_WELL = 0.6
/** A part that is no request by its grammar has to be surer, by this share of the way from the threshold to 1. */
const PART_RISE = 0.7

export interface Reading {
  readonly clause: Clause
  readonly ranking: Ranking
  /** Of the hits of the ranking. */
  readonly scores: readonly number[]
}

export const readClause = (clause: Clause, search: SkillSearch, among?: readonly number[]): Reading => {
  const ranking = search.rank(clause.text, among)
  return { clause, ranking, scores: matchScores(ranking.hits) }
}

/** The reading's first skill when it reaches the threshold. */
export const clearSkill = ({ ranking, scores }: Reading, threshold: number): number | undefined =>
  (scores[0] ?? 0) >= threshold ? ranking.hits[0]?.slot : undefined

const scoreIn = ({ ranking, scores }: Reading, skill: number): number =>
  scores[ranking.hits.findIndex((hit) => hit.slot === skill)] ?? 0

/**
 * The skills that a task needs, with their scores, in the order in which it asks for them: the whole text's own skill, and those of
 * clauses that clearly ask for something that no skill chosen before serves nearly as well.
 */
export const chooseSkills = (
  whole: Reading,
  clauses: readonly Reading[],
  search: SkillSearch,
  threshold: number,
): ReadonlyMap<number, number> => {
  const main = clearSkill(whole, threshold)
  const chosen = new Map<number, number>()
  const choose = (skill: number, reading: Reading) =>
    chosen.set(skill, Math.max(scoreIn(reading, skill), scoreIn(whole, skill), chosen.get(skill) ?? 0))
  const nearTheTask = whole.ranking.hits.slice(0, SKILLS_PER_FACET).map(({ slot }) => slot)

  const consider = (reading: Reading, atLeast: number) => {
    const own = clearSkill(reading, atLeast)
    if (own === undefined || !nearTheTask.includes(own)) return
    if (!isTelling(reading.clause, own, search, whole.clause.text)) return
    const enough = SERVES_NEARLY_AS_WELL * reading.ranking.scoreOf(own)
    const known = [...chosen.keys(), ...(main === undefined ? [] : [main])]
    choose(known.find((skill) => reading.ranking.scoreOf(skill) >= enough) ?? own, reading)
  }

  if (main !== undefined && clauses.length === 1) choose(main, whole)
  for (const reading of clauses) consider(reading, threshold)
  const parts = clauses
    .flatMap(({ clause }) => (clause.parts.length < 2 ? [] : clause.parts))
    .slice(0, MAX_PARTS)
  for (const text of parts) {
    if (!sharesTopic({ text, verb: '', parts: [] }, nearTheTask, search)) continue
    consider(
      readClause({ text, verb: '', parts: [] }, search, nearTheTask),
      threshold + (1 - threshold) * PART_RISE,
    )
  }
  if (main !== undefined && chosen.size === 0) choose(main, whole)
  return chosen
}
