import { type QueryTerm, queryTermsOf } from './lexical/text-tokens.js'
import type { Evidence } from './matcher.js'
import type { ProfileIndex } from './profile-index.js'

/** Hits kept of one text; the best five are shown, the rest tells copies from rivals. */
const KEPT_HITS = 10
/** Next best skills of the whole registry that make up the background. */
const BACKGROUND = 5
/** More than the background, for hits and copies among them. */
const KEPT_BACKGROUND = 32
/** Weight of the vector beside the words, and what it gains when all skills bring examples. */
const VECTOR_WEIGHT = 0.5
const EXAMPLES_ADD = 0.1
const PRECISION = 1e6

/** How one skill answers one text. */
export interface Hit extends Evidence {
  readonly slot: number
  /** Weighted sum of BM25 by idf mass and, with vectors, the cosine. */
  readonly score: number
}

export interface Ranking {
  /** At most ten, best first; equal scores in the order of registration. */
  readonly hits: readonly Hit[]
  /** Of any slot, 0 when it shares nothing with the text or does not compete. */
  readonly scoreOf: (slot: number) => number
}

const NOTHING: Ranking = { hits: [], scoreOf: () => 0 }

/** Searches a registry for the texts of one task. */
export class SkillSearch {
  private readonly terms = new Map<string, readonly QueryTerm[]>()

  /**
   * @param vectors of texts of this task; a text without one is searched by its words alone
   * @param pool slots that compete; all when absent. The others are background.
   */
  constructor(
    private readonly index: ProfileIndex,
    private readonly vectors: ReadonlyMap<string, Float32Array>,
    private readonly pool?: ReadonlySet<number>,
  ) {}

  /** `among`: only these slots compete. */
  rank(text: string, among?: readonly number[]): Ranking {
    const query = this.termsOf(text)
    if (query.length === 0) return NOTHING
    const { scores, shares, topical } = this.index.terms.score(query)
    const vector = this.vectors.get(text)
    const similarities = vector && this.index.vectors?.table.similarities(vector, this.index.slots)
    const weight = similarities ? VECTOR_WEIGHT + EXAMPLES_ADD * this.index.exampleShare : 0
    for (let slot = 0; slot < scores.length; slot += 1) {
      if (scores[slot] === 0 && !similarities) continue
      const sum = (1 - weight) * scores[slot]! + weight * (similarities?.[slot] ?? 0)
      scores[slot] = Math.round(sum * PRECISION) / PRECISION
    }

    const background = this.best(scores, KEPT_BACKGROUND)
    const competes = among ? new Set(among) : this.pool
    const best = competes ? this.best(scores, KEPT_HITS, competes) : background.slice(0, KEPT_HITS)
    const hits = best.map((slot): Hit => {
      const score = scores[slot]!
      // Two registrations of one skill score the same; a copy is no reason to doubt the original.
      const others = background
        .filter((other) => other !== slot && scores[other] !== score)
        .slice(0, BACKGROUND)
      const mean = others.reduce((sum, other) => sum + scores[other]!, 0) / Math.max(1, others.length)
      const rival = best.find((other) => other !== slot && scores[other] !== score)
      return {
        slot,
        score,
        lead: score - mean,
        margin: Math.max(0, score - (rival === undefined ? 0 : scores[rival]!)),
        topicalWords: topical[slot]!,
        skillWords: this.index.terms.lengthOf(slot),
        share: shares[slot]!,
        ...(similarities && { similarity: similarities[slot]! }),
      }
    })
    return { hits, scoreOf: (slot) => (competes?.has(slot) === false ? 0 : (scores[slot] ?? 0)) }
  }

  /** Words of the text that the skill contains, the weightiest first. */
  matchedWords(text: string, slot: number): string[] {
    return this.index.terms.matchedWords(this.termsOf(text), slot)
  }

  idf(term: string): number {
    return this.index.terms.idf(term)
  }

  contains(term: string, slot: number): boolean {
    return this.index.terms.contains(term, slot)
  }

  private termsOf(text: string): readonly QueryTerm[] {
    const known = this.terms.get(text) ?? queryTermsOf(text)
    this.terms.set(text, known)
    return known
  }

  /** The slots with the highest scores above 0, best first. */
  private best(scores: Float64Array, count: number, among?: ReadonlySet<number>): number[] {
    const best: number[] = []
    const precedes = (a: number, b: number) =>
      scores[a]! > scores[b]! || (scores[a] === scores[b] && this.index.placeOf(a) < this.index.placeOf(b))
    const consider = (slot: number) => {
      if (!(scores[slot]! > 0) || this.index.idOf(slot) === undefined) return
      const last = best[count - 1]
      if (last !== undefined && !precedes(slot, last)) return
      let place = best.length
      while (place > 0 && precedes(slot, best[place - 1]!)) place -= 1
      best.splice(place, 0, slot)
      if (best.length > count) best.pop()
    }
    if (among) for (const slot of among) consider(slot)
    else for (let slot = 0; slot < scores.length; slot += 1) consider(slot)
    return best
  }
}
