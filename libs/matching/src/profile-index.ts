import { VectorShelf } from './embedding/vector-shelf.js'
import { type IndexedText, TermIndex } from './lexical/term-index.js'
import type { Embedder } from './matcher.js'

/** Skills or agents, found by the words and by the meaning of their texts; they may come and go at any time. */
export class ProfileIndex {
  readonly terms = new TermIndex()
  readonly vectors: VectorShelf | undefined
  private readonly slotById = new Map<string, number>()
  private readonly ids: (string | undefined)[] = []
  private readonly freeSlots: number[] = []
  private readonly places: number[] = []
  private nextPlace = 0
  private readonly withExamples = new Set<number>()

  constructor(embedder: Embedder | undefined) {
    this.vectors = embedder && new VectorShelf(embedder)
  }

  /** Replaces what is there under that id. `sentences`: what the vector is made of; none, no vector. */
  put(id: string, text: IndexedText, sentences: readonly string[]): void {
    const former = this.slotById.get(id)
    const place = former === undefined ? this.nextPlace++ : this.places[former]!
    this.delete(id)
    const slot = this.freeSlots.pop() ?? this.ids.length
    this.places[slot] = place
    this.ids[slot] = id
    this.slotById.set(id, slot)
    this.terms.add(slot, text)
    if (text.examples.length > 0) this.withExamples.add(slot)
    if (sentences.length > 0) this.vectors?.order(slot, sentences)
  }

  delete(id: string): void {
    const slot = this.slotById.get(id)
    if (slot === undefined) return
    this.slotById.delete(id)
    this.ids[slot] = undefined
    this.freeSlots.push(slot)
    this.withExamples.delete(slot)
    this.terms.remove(slot)
    this.vectors?.drop(slot)
  }

  /** How many slots there are, empty ones included. */
  get slots(): number {
    return this.ids.length
  }

  get size(): number {
    return this.slotById.size
  }

  /** Share of the profiles that bring example tasks, 0 to 1. */
  get exampleShare(): number {
    return this.size === 0 ? 0 : this.withExamples.size / this.size
  }

  has(id: string): boolean {
    return this.slotById.has(id)
  }

  slotOf(id: string): number | undefined {
    return this.slotById.get(id)
  }

  /** Undefined for an empty slot. */
  idOf(slot: number): string | undefined {
    return this.ids[slot]
  }

  /** Place in the order in which the profiles came; a replaced one keeps its place. */
  placeOf(slot: number): number {
    return this.places[slot] ?? -1
  }
}
