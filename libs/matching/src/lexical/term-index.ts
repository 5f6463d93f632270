import { GENERIC_WORDS } from './stop-words.js'
import { numberPairs, type QueryTerm, termOf, wordsOf } from './text-tokens.js'

/** Characters of a body that are indexed; what follows rarely says what a skill is for. */
export const INDEXED_BODY_CHARACTERS = 4_000

/** What is indexed of a skill or of an agent's profile. */
export interface IndexedText {
  name: string
  description: string
  tags: readonly string[]
  examples: readonly string[]
  body: string
}

const K1 = 1.2
/** Weight and length normalisation (b) of each field; measured on public task-to-skill suites. */
const FIELDS: readonly { textOf: (text: IndexedText) => string; weight: number; b: number }[] = [
  { textOf: (text) => text.name, weight: 1, b: 0.3 },
  { textOf: (text) => text.description, weight: 1, b: 0.5 },
  { textOf: (text) => text.tags.join(' '), weight: 0.5, b: 0.5 },
  { textOf: (text) => text.body.slice(0, INDEXED_BODY_CHARACTERS), weight: 0.5, b: 0.5 },
  { textOf: (text) => text.examples.join('\n'), weight: 1, b: 0.4 },
]
const WEIGHTS = FIELDS.map(({ weight }) => weight * (K1 + 1))
const GENERIC_WEIGHT = 0.65

const GENERIC_TERMS = new Set([...GENERIC_WORDS].map((word) => termOf(word) ?? word))
export const isGeneric = (term: string): boolean => GENERIC_TERMS.has(term)

/** How often a term occurs in each field, in six bits a field; beyond 63 times it proves nothing more. */
const COUNT_BITS = 6
const MOST_COUNTED = (1 << COUNT_BITS) - 1
const countIn = (packed: number, field: number): number => (packed >> (COUNT_BITS * field)) & MOST_COUNTED

/** The texts that contain a term: by ascending slot, with the packed counts at the same position. */
interface Postings {
  readonly slots: number[]
  readonly counts: number[]
  /** BM25 summed over the fields without idf, as of `generation`; made when the term is first asked for. */
  gains: Float64Array
  generation: number
}

export interface LexicalScores {
  /** By slot: sum of BM25 over the fields, divided by the idf mass of everything the query says. */
  readonly scores: Float64Array
  /** By slot: share of that mass whose terms the text contains, 0 to 1. */
  readonly shares: Float64Array
  /** By slot: how many distinct topical terms of the query the text contains. */
  readonly topical: Uint16Array
}

const positionOf = (slots: readonly number[], slot: number): number => {
  let low = 0
  let high = slots.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (slots[middle]! < slot) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Per-field BM25 over texts in numbered slots, which may be filled and emptied at any time: what it answers depends on the texts in it
 * alone, not on how they came there. Keeps nothing of a text but its terms.
 */
export class TermIndex {
  private readonly postings: Postings[] = []
  private readonly idByTerm = new Map<string, number>()
  private readonly idByWord = new Map<string, number>()
  /** By slot: the ids of its terms, and its length in each field; undefined in an empty slot. */
  private readonly contents: ({ ids: Uint32Array; lengths: readonly number[] } | undefined)[] = []
  private readonly totals = FIELDS.map(() => 0)
  private readonly filled = FIELDS.map(() => 0)
  private size = 0
  private generation = 0
  private counters = new Uint32Array(1 << 12)
  private norms = new Float64Array()
  private normsGeneration = -1

  /** The slot must be empty. */
  add(slot: number, text: IndexedText): void {
    const touched: number[] = []
    const lengths = FIELDS.map(({ textOf }, field) => {
      const one = 1 << (COUNT_BITS * field)
      let length = 0
      const count = (id: number) => {
        if (id < 0) return
        const packed = this.counters[id]!
        if (packed === 0) touched.push(id)
        if (countIn(packed, field) < MOST_COUNTED) this.counters[id] = packed + one
        length += 1
      }
      const words = wordsOf(textOf(text))
      for (const word of words) count(this.idOfWord(word))
      for (const pair of numberPairs(words)) count(this.idOfTerm(pair))
      this.totals[field]! += length
      if (length > 0) this.filled[field]! += 1
      return length
    })
    for (const id of touched) {
      const { slots, counts } = this.postings[id]!
      const last = slots.at(-1)
      if (last === undefined || last < slot) {
        slots.push(slot)
        counts.push(this.counters[id]!)
      } else {
        const position = positionOf(slots, slot)
        slots.splice(position, 0, slot)
        counts.splice(position, 0, this.counters[id]!)
      }
      this.counters[id] = 0
    }
    this.contents[slot] = { ids: Uint32Array.from(touched), lengths }
    this.size += 1
    this.generation += 1
  }

  /** Does nothing when the slot is empty. */
  remove(slot: number): void {
    const content = this.contents[slot]
    if (content === undefined) return
    for (const id of content.ids) {
      const { slots, counts } = this.postings[id]!
      const position = positionOf(slots, slot)
      slots.splice(position, 1)
      counts.splice(position, 1)
    }
    content.lengths.forEach((length, field) => {
      this.totals[field]! -= length
      if (length > 0) this.filled[field]! -= 1
    })
    this.contents[slot] = undefined
    this.size -= 1
    this.generation += 1
  }

  /** Terms of the text in a slot, repetitions included. */
  lengthOf(slot: number): number {
    return this.contents[slot]?.lengths.reduce((sum, length) => sum + length, 0) ?? 0
  }

  /** Weight of a term: rare in the registry weighs much, unknown weighs most, a generic one less. */
  idf(term: string): number {
    const seenIn = this.postingsOf(term)?.slots.length ?? 0
    const rarity = Math.log(1 + (this.size - seenIn + 0.5) / (seenIn + 0.5))
    return isGeneric(term) ? rarity * GENERIC_WEIGHT : rarity
  }

  contains(term: string, slot: number): boolean {
    const slots = this.postingsOf(term)?.slots
    return slots !== undefined && slots[positionOf(slots, slot)] === slot
  }

  score(query: readonly QueryTerm[]): LexicalScores {
    const scores = new Float64Array(this.contents.length)
    const shares = new Float64Array(this.contents.length)
    const topical = new Uint16Array(this.contents.length)
    let mass = 0
    for (const { term } of query) {
      const idf = this.idf(term)
      mass += idf
      const postings = this.postingsOf(term)
      if (postings === undefined) continue
      const gains = this.gainsOf(postings)
      const one = isGeneric(term) ? 0 : 1
      const { slots } = postings
      for (let at = 0; at < gains.length; at += 1) {
        const slot = slots[at]!
        scores[slot] = scores[slot]! + idf * gains[at]!
        shares[slot] = shares[slot]! + idf
        topical[slot] = topical[slot]! + one
      }
    }
    for (let slot = 0; slot < scores.length; slot += 1) {
      if (scores[slot] === 0) continue
      scores[slot]! /= mass
      shares[slot]! /= mass
    }
    return { scores, shares, topical }
  }

  /** Words of the query that the text contains, the weightiest first. */
  matchedWords(query: readonly QueryTerm[], slot: number): string[] {
    return query
      .flatMap(({ term, word }) => {
        const postings = this.postingsOf(term)
        const position = postings === undefined ? -1 : positionOf(postings.slots, slot)
        if (postings?.slots[position] !== slot) return []
        return [{ word, gain: this.idf(term) * this.gainsOf(postings)[position]! }]
      })
      .sort((a, b) => b.gain - a.gain || (a.word < b.word ? -1 : 1))
      .map(({ word }) => word)
  }

  private postingsOf(term: string): Postings | undefined {
    const id = this.idByTerm.get(term)
    return id === undefined ? undefined : this.postings[id]
  }

  private gainsOf(postings: Postings): Float64Array {
    if (postings.generation === this.generation) return postings.gains
    const { slots, counts } = postings
    const norms = this.currentNorms()
    const gains = new Float64Array(slots.length)
    for (let at = 0; at < gains.length; at += 1) {
      const from = slots[at]! * FIELDS.length
      let gain = 0
      for (let packed = counts[at]!, field = 0; packed !== 0; packed >>= COUNT_BITS, field += 1) {
        const times = packed & MOST_COUNTED
        if (times !== 0) gain += (WEIGHTS[field]! * times) / (times + norms[from + field]!)
      }
      gains[at] = gain
    }
    postings.gains = gains
    postings.generation = this.generation
    return gains
  }

  /** The part of BM25 that depends on the length of a field alone, by slot and field. */
  private currentNorms(): Float64Array {
    if (this.normsGeneration === this.generation) return this.norms
    this.norms = new Float64Array(this.contents.length * FIELDS.length)
    FIELDS.forEach(({ b }, field) => {
      const mean = Math.max(1, this.totals[field]! / Math.max(1, this.filled[field]!))
      this.contents.forEach((content, slot) => {
        const length = content?.lengths[field] ?? 0
        this.norms[slot * FIELDS.length + field] = K1 * (1 - b + (b * length) / mean)
      })
    })
    this.normsGeneration = this.generation
    return this.norms
  }

  private idOfTerm(term: string): number {
    const known = this.idByTerm.get(term)
    if (known !== undefined) return known
    const id = this.postings.length
    this.idByTerm.set(term, id)
    this.postings.push({ slots: [], counts: [], gains: new Float64Array(), generation: -1 })
    if (id >= this.counters.length) {
      const wider = new Uint32Array(this.counters.length * 2)
      wider.set(this.counters)
      this.counters = wider
    }
    return id
  }

  /** -1 for a stop word. */
  private idOfWord(word: string): number {
    const known = this.idByWord.get(word)
    if (known !== undefined) return known
    const term = termOf(word)
    const id = term === undefined ? -1 : this.idOfTerm(term)
    this.idByWord.set(word, id)
    return id
  }
}
