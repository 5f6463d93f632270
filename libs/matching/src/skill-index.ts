import type { SkillProfile } from './matcher.js'
import { buildPostings, idfOf } from './term-postings.js'
import { queryTermsOf } from './text-tokens.js'

/** How one skill answers one text. */
export interface Hit {
  readonly skill: number
  /** Sum of BM25 over the fields, divided by the idf mass of everything the text says. */
  readonly score: number
  /** Share of that mass whose terms the skill contains, 0 to 1. */
  readonly share: number
}

/** Hits kept of one text; the best five are shown, the rest tells copies from rivals. */
const KEPT_HITS = 10

export interface Ranking {
  /** At most ten, best first; equal scores in the order of registration. */
  readonly hits: readonly Hit[]
  /** Score of any skill, 0 when it shares no term with the text. */
  scoreOf(skill: number): number
}

export interface SkillIndex {
  /** `among`: only these skills compete; every skill when absent. */
  rank(text: string, among?: readonly number[]): Ranking
  /** Words of the text that the skill contains, the weightiest first. */
  matchedWords(text: string, skill: number): string[]
  /** Weight of a term: rare in the registry weighs much, unknown weighs most. */
  idf(term: string): number
  contains(term: string, skill: number): boolean
}

/** Reads all skills once; time and memory grow with the text indexed. */
export const buildSkillIndex = (skills: readonly SkillProfile[]): SkillIndex => {
  const postings = buildPostings(skills)
  const idf = (term: string): number => idfOf(term, postings.get(term)?.skills.length ?? 0, skills.length)
  const gainOf = (term: string, skill: number): number => {
    const list = postings.get(term)
    if (list === undefined) return 0
    let low = 0
    let high = list.skills.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = list.skills[middle]!
      if (found === skill) return list.gains[middle]!
      if (found < skill) low = middle + 1
      else high = middle - 1
    }
    return 0
  }

  return {
    idf,
    contains: (term, skill) => gainOf(term, skill) > 0,
    rank(text, among) {
      const scores = new Float64Array(skills.length)
      const matched = new Float64Array(skills.length)
      let mass = 0
      for (const { term } of queryTermsOf(text)) {
        const weight = idf(term)
        mass += weight
        for (const skill of among ?? []) {
          const gain = gainOf(term, skill)
          scores[skill]! += gain
          if (gain > 0) matched[skill]! += weight
        }
        const list = postings.get(term)
        if (list === undefined || among !== undefined) continue
        for (let at = 0; at < list.skills.length; at += 1) {
          const skill = list.skills[at]!
          scores[skill]! += list.gains[at]!
          matched[skill]! += weight
        }
      }
      const hits: Hit[] = []
      for (let skill = 0; skill < scores.length; skill += 1) {
        if (scores[skill] === 0) continue
        const score = scores[skill]! / mass
        const last = hits[KEPT_HITS - 1]
        if (last !== undefined && score <= last.score) continue
        const place = hits.findIndex((hit) => hit.score < score)
        hits.splice(place < 0 ? hits.length : place, 0, { skill, score, share: matched[skill]! / mass })
        if (hits.length > KEPT_HITS) hits.pop()
      }
      return { hits, scoreOf: (skill) => scores[skill]! / (mass || 1) }
    },
    matchedWords(text, skill) {
      return queryTermsOf(text)
        .map(({ term, word }) => ({ word, gain: gainOf(term, skill) }))
        .filter(({ gain }) => gain > 0)
        .sort((a, b) => b.gain - a.gain || (a.word < b.word ? -1 : 1))
        .map(({ word }) => word)
    },
  }
}
