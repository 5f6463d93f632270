import type { SkillProfile } from './matcher.js'
import { GENERIC_WORDS } from './stop-words.js'
import { numberPairs, termOf, wordsOf } from './text-tokens.js'

/** Characters of a skill's body that are indexed; what follows rarely says what the skill is for. */
export const INDEXED_BODY_CHARACTERS = 4_000

const K1 = 1.2
/** Weight and length normalisation (b) of each field; measured on public task-to-skill suites. */
const FIELDS: readonly { textOf: (skill: SkillProfile) => string; weight: number; b: number }[] = [
  { textOf: (skill) => skill.name, weight: 1, b: 0.3 },
  { textOf: (skill) => skill.description, weight: 1, b: 0.5 },
  { textOf: (skill) => skill.tags.join(' '), weight: 0.5, b: 0.5 },
  { textOf: (skill) => skill.body.slice(0, INDEXED_BODY_CHARACTERS), weight: 0.3, b: 0.5 },
  { textOf: (skill) => skill.examples.join('\n'), weight: 1, b: 0.4 },
]
const GENERIC_WEIGHT = 0.5

const GENERIC_TERMS = new Set([...GENERIC_WORDS].map((word) => termOf(word) ?? word))
export const isGeneric = (term: string): boolean => GENERIC_TERMS.has(term)

/** The skills that contain a term, by ascending number. */
export interface Postings {
  readonly skills: Uint32Array
  /** What the term adds to the score of the skill at the same position, the term's idf included. */
  readonly gains: Float32Array
}

/** Weight of a term that so many of all skills contain: rare weighs much, unknown weighs most. */
export const idfOf = (term: string, seenIn: number, skillCount: number): number => {
  const rarity = Math.log(1 + (skillCount - seenIn + 0.5) / (seenIn + 0.5))
  return isGeneric(term) ? rarity * GENERIC_WEIGHT : rarity
}

/** BM25 of every term in every field of every skill, summed over the fields. Keeps nothing of the input but its terms. */
export const buildPostings = (skills: readonly SkillProfile[]): ReadonlyMap<string, Postings> => {
  const termIds = new Map<string, number>()
  const idByWord = new Map<string, number>()
  const raw: number[][] = []
  const frequency: number[] = []
  const lastSkill: number[] = []
  const totals = FIELDS.map(() => 0)
  const filled = FIELDS.map(() => 0)
  const lengths = FIELDS.map(() => new Uint32Array(skills.length))
  let counts = new Uint32Array(1 << 12)

  const idOfTerm = (term: string): number => {
    const known = termIds.get(term)
    if (known !== undefined) return known
    const id = raw.length
    termIds.set(term, id)
    raw.push([])
    frequency.push(0)
    lastSkill.push(-1)
    if (id >= counts.length) {
      const wider = new Uint32Array(counts.length * 2)
      wider.set(counts)
      counts = wider
    }
    return id
  }
  const idOfWord = (word: string): number => {
    const known = idByWord.get(word)
    if (known !== undefined) return known
    const term = termOf(word)
    const id = term === undefined ? -1 : idOfTerm(term)
    idByWord.set(word, id)
    return id
  }

  skills.forEach((skill, skillNumber) => {
    FIELDS.forEach(({ textOf }, field) => {
      const words = wordsOf(textOf(skill))
      const touched: number[] = []
      let length = 0
      const count = (id: number) => {
        if (id < 0) return
        if (counts[id] === 0) touched.push(id)
        counts[id]! += 1
        length += 1
      }
      for (const word of words) count(idOfWord(word))
      for (const pair of numberPairs(words)) count(idOfTerm(pair))
      for (const id of touched) {
        raw[id]!.push(skillNumber, field, counts[id]!)
        counts[id] = 0
        if (lastSkill[id] !== skillNumber) {
          lastSkill[id] = skillNumber
          frequency[id]! += 1
        }
      }
      lengths[field]![skillNumber] = length
      totals[field]! += length
      if (length > 0) filled[field]! += 1
    })
  })

  const postings = new Map<string, Postings>()
  for (const [term, id] of termIds) {
    const entries = raw[id]!
    const gains = new Float32Array(frequency[id]!)
    const holders = new Uint32Array(frequency[id]!)
    const idf = idfOf(term, frequency[id]!, skills.length)
    let position = -1
    let current = -1
    for (let at = 0; at < entries.length; at += 3) {
      const skillNumber = entries[at]!
      const field = entries[at + 1]!
      const times = entries[at + 2]!
      if (skillNumber !== current) {
        current = skillNumber
        position += 1
        holders[position] = skillNumber
      }
      const { weight, b } = FIELDS[field]!
      const meanLength = totals[field]! / Math.max(1, filled[field]!)
      const relativeLength = lengths[field]![skillNumber]! / Math.max(1, meanLength)
      gains[position]! += (weight * idf * times * (K1 + 1)) / (times + K1 * (1 - b + b * relativeLength))
    }
    postings.set(term, { skills: holders, gains })
    raw[id] = []
  }
  return postings
}
