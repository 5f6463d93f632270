import { BACK_REFERENCES, QUESTION_WORDS, REFINING_VERBS, RESULT_WORDS } from './request-words.js'
import { isGeneric } from '../lexical/term-index.js'
import { queryTermsOf, wordsOf, type QueryTerm } from '../lexical/text-tokens.js'
import type { SkillSearch } from '../skill-search.js'
import type { Clause } from './task-facets.js'

/** A clause names a skill of its own by so many topical words, or by being so large a part of the task. */
const TELLING_WORDS = 2
const TELLING_PART = 0.2
/** Share of a clause's own words that must be known for it to refine instead of asking for something else. */
const KNOWN_IN_REFINEMENT = 0.34
const KNOWN_IN_ACTION = 0.5
/** "a short report for my boss": so many strange words do not make a refining request another task. */
const STRANGE_WORDS_FORGIVEN = 2

const massOf = (terms: readonly QueryTerm[], search: SkillSearch): number =>
  terms.reduce((sum, { term }) => sum + search.idf(term), 0)

/** The topical words of a clause: neither common ones, nor names of results, nor the verb that only says "hand it over". */
const ownTermsOf = (clause: Clause): QueryTerm[] =>
  queryTermsOf(clause.text).filter(
    ({ term, word }) =>
      !isGeneric(term) &&
      !RESULT_WORDS.has(word) &&
      !(word === clause.verb && REFINING_VERBS.has(clause.verb)),
  )

/** Whether a clause shares a topical word with one of these skills; without, it cannot ask for any of them. */
export const sharesTopic = (clause: Clause, skills: readonly number[], search: SkillSearch): boolean =>
  ownTermsOf(clause).some(({ term }) => skills.some((skill) => search.contains(term, skill)))

/** Whether a clause says enough to ask for this skill besides those that the rest of the task asks for. */
export const isTelling = (clause: Clause, skill: number, search: SkillSearch, task: string): boolean => {
  const shared = ownTermsOf(clause).filter(({ term }) => search.contains(term, skill)).length
  if (shared >= TELLING_WORDS) return true
  if (shared === 0 || REFINING_VERBS.has(clause.verb)) return false
  return massOf(queryTermsOf(clause.text), search) >= TELLING_PART * massOf(queryTermsOf(task), search)
}

/** Whether a clause only says more about what these skills are to do: how to hand it over, what to look at first. */
export const refines = (clause: Clause, skills: readonly number[], search: SkillSearch): boolean => {
  const own = ownTermsOf(clause)
  const strange = own.filter(({ term }) => !skills.some((skill) => search.contains(term, skill)))
  const knownShare = own.length === 0 ? 1 : 1 - massOf(strange, search) / massOf(own, search)
  const words = wordsOf(clause.text)
  if (
    QUESTION_WORDS.has(clause.verb) &&
    (own.length <= 1 || words.some((word) => BACK_REFERENCES.has(word)))
  ) {
    return true
  }
  if (!REFINING_VERBS.has(clause.verb)) return knownShare >= KNOWN_IN_ACTION
  const namesResult = words.some((word) => RESULT_WORDS.has(word))
  return knownShare >= KNOWN_IN_REFINEMENT || (namesResult && strange.length <= STRANGE_WORDS_FORGIVEN)
}
