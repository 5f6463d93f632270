import { refines } from './facets/clause-refinement.js'
import {
  chooseSkills,
  clearSkill,
  readClause,
  type Reading,
  SKILLS_PER_FACET,
} from './facets/skill-choice.js'
import { clausesOf, proseOf } from './facets/task-facets.js'
import { queryTermsOf } from './lexical/text-tokens.js'
import type { Evidence, Facet, Requirements, SkillMatch, SkillProfile } from './matcher.js'
import type { Hit, SkillSearch } from './skill-search.js'

const TERMS_PER_SKILL = 12
const MISSING_TEXT_CHARACTERS = 160
/** A clause whose nearest skill is a chosen one belongs to it when the skill knows this share of its words. */
const KNOWN_BY_NEAREST = 0.25

const shortened = (text: string): string =>
  text.length <= MISSING_TEXT_CHARACTERS ? text : `${text.slice(0, MISSING_TEXT_CHARACTERS - 1).trimEnd()}…`

/** The prose of a task in one line: what is ranked as its whole. */
export const wholeOf = (task: string): string => proseOf(task).replace(/\s+/g, ' ')

/** The reading of a whole task, from which its requirements are taken. */
export const readWhole = (task: string, search: SkillSearch): Reading =>
  readClause({ text: wholeOf(task), verb: '', parts: [] }, search)

const evidenceOf = ({ slot: _, score: __, ...evidence }: Hit): Evidence => evidence

export interface SkillNames {
  profileAt(slot: number): SkillProfile
  /** The skill's example that shares most with a text. */
  nearestExample(slot: number, text: string): string | undefined
}

/** Reads what a task needs; `threshold` is the score from which a skill is required. */
export const requirementsOf = (
  task: string,
  whole: Reading,
  search: SkillSearch,
  names: SkillNames,
  threshold: number,
): Omit<Requirements, 'source' | 'degraded'> => {
  const prose = whole.clause.text
  const clauses = clausesOf(proseOf(task)).filter(({ text }) => queryTermsOf(text).length > 0)
  const readings = clauses.map((clause) =>
    clauses.length === 1 ? { ...whole, clause } : readClause(clause, search),
  )
  const chosen = chooseSkills(whole, readings, search, threshold)

  const isServed = (reading: Reading): boolean => {
    if (chosen.size === 0) return false
    const own = clearSkill(reading, threshold)
    if (readings.length === 1 || (own !== undefined && chosen.has(own))) return true
    const nearest = reading.ranking.hits[0]
    if (nearest !== undefined && chosen.has(nearest.slot) && nearest.share >= KNOWN_BY_NEAREST) return true
    return refines(reading.clause, [...chosen.keys()], search)
  }
  const matchOf = (text: string, slot: number, score: number, similarity?: number): SkillMatch => {
    const { id, name } = names.profileAt(slot)
    return {
      skillId: id,
      name,
      score,
      matchedTerms: search.matchedWords(text, slot).slice(0, TERMS_PER_SKILL),
      ...(similarity !== undefined && { similarity }),
    }
  }
  const matchesOf = ({ ranking, scores }: Reading, text: string, count: number): SkillMatch[] =>
    ranking.hits
      .slice(0, count)
      .map(({ slot, similarity }, at) => matchOf(text, slot, scores[at]!, similarity))
  const withExample = (match: SkillMatch, slot: number): SkillMatch => {
    const nearestExample = names.nearestExample(slot, prose)
    return nearestExample === undefined ? match : { ...match, nearestExample }
  }

  const facets = readings.map((reading): Facet => ({
    text: reading.clause.text,
    skills: matchesOf(reading, reading.clause.text, SKILLS_PER_FACET),
    covered: isServed(reading),
  }))
  const { hits } = whole.ranking
  return {
    facets,
    ranking: matchesOf(whole, prose, hits.length).map((match, at) =>
      at === 0 ? withExample(match, hits[0]!.slot) : match,
    ),
    score: whole.scores[0] ?? 0,
    ...(hits[0] && { evidence: evidenceOf(hits[0]) }),
    requiredSkills: [...chosen].map(([slot, score]) => {
      const hit = hits.find((one) => one.slot === slot)
      return withExample(matchOf(prose, slot, score, hit?.similarity), slot)
    }),
    missingSkills: facets.filter(({ covered }) => !covered).map(({ text }) => shortened(text)),
  }
}
