import { refines } from './clause-refinement.js'
import type { Facet, Requirements, SkillMatch, SkillProfile } from './matcher.js'
import { chooseSkills, clearSkill, readClause, type Reading } from './skill-choice.js'
import type { SkillIndex } from './skill-index.js'
import { clausesOf, proseOf } from './task-facets.js'
import { queryTermsOf } from './text-tokens.js'

const TERMS_PER_SKILL = 12
const MISSING_TEXT_CHARACTERS = 160
/** A clause whose nearest skill is a chosen one belongs to it when the skill knows this share of its words. */
const KNOWN_BY_NEAREST = 0.25

const shortened = (text: string): string =>
  text.length <= MISSING_TEXT_CHARACTERS ? text : `${text.slice(0, MISSING_TEXT_CHARACTERS - 1).trimEnd()}…`

/** Reads what a task needs from an index of skills; `threshold` is the score from which a skill is required. */
export const analyseTask = (
  task: string,
  index: SkillIndex,
  skills: readonly SkillProfile[],
  threshold: number,
): Requirements => {
  const prose = proseOf(task).replace(/\s+/g, ' ')
  const clauses = clausesOf(proseOf(task)).filter(({ text }) => queryTermsOf(text).length > 0)
  const whole = readClause({ text: prose, verb: '', parts: [] }, index)
  const readings = clauses.map((clause) =>
    clauses.length === 1 ? { ...whole, clause } : readClause(clause, index),
  )
  const chosen = chooseSkills(whole, readings, index, threshold)

  const isServed = (reading: Reading): boolean => {
    if (chosen.size === 0) return false
    const own = clearSkill(reading, threshold)
    if (readings.length === 1 || (own !== undefined && chosen.has(own))) return true
    const nearest = reading.ranking.hits[0]
    if (nearest !== undefined && chosen.has(nearest.skill) && nearest.share >= KNOWN_BY_NEAREST) return true
    return refines(reading.clause, [...chosen.keys()], index)
  }
  const matchOf = (text: string, skill: number, score: number): SkillMatch => ({
    skillId: skills[skill]!.id,
    name: skills[skill]!.name,
    score,
    matchedTerms: index.matchedWords(text, skill).slice(0, TERMS_PER_SKILL),
  })
  const facetOf = (reading: Reading): Facet => ({
    text: reading.clause.text,
    skills: reading.scores.map((score, place) =>
      matchOf(reading.clause.text, reading.ranking.hits[place]!.skill, score),
    ),
    covered: isServed(reading),
  })

  const facets = readings.map(facetOf)
  return {
    facets,
    requiredSkills: [...chosen].map(([skill, score]) => matchOf(prose, skill, score)),
    missingSkills: facets.filter(({ covered }) => !covered).map(({ text }) => shortened(text)),
    ranking: whole.scores.map((score, place) => matchOf(prose, whole.ranking.hits[place]!.skill, score)),
    score: whole.scores[0] ?? 0,
    source: 'lexical',
  }
}
