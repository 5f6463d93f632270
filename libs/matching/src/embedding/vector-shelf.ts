import { setTimeout as pause } from 'node:timers/promises'
import type { Embedder } from '../matcher.js'
import { directionOf } from './vector-cache.js'
import { VectorTable } from './vector-table.js'

interface Order {
  readonly texts: readonly string[]
}

/** Keeps a vector for each slot of a registry, made one slot after the other while the registry is in use. */
export class VectorShelf {
  readonly table = new VectorTable()
  private readonly orders = new Map<number, Order>()
  private work: Promise<void> | undefined
  private failure: string | undefined

  constructor(private readonly embedder: Embedder) {}

  /** The slot has no vector until the texts are read. */
  order(slot: number, texts: readonly string[]): void {
    this.table.delete(slot)
    this.orders.set(slot, { texts })
  }

  drop(slot: number): void {
    this.table.delete(slot)
    this.orders.delete(slot)
  }

  /** Why not every slot has its vector; undefined when all have. */
  get missing(): string | undefined {
    if (this.orders.size === 0) return undefined
    return this.failure ?? `${this.orders.size} vectors are still being made`
  }

  /** Resolves when every slot has its vector, when one cannot be made, or after so many milliseconds. Tries again what failed before. */
  async ready(patienceMs = Infinity): Promise<void> {
    if (this.orders.size === 0) return
    this.work ??= this.makeAll().finally(() => (this.work = undefined))
    if (patienceMs === Infinity) return this.work
    const patience = new AbortController()
    await Promise.race([
      this.work,
      pause(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ])
    patience.abort()
  }

  private async makeAll(): Promise<void> {
    this.failure = undefined
    for (let next = this.first(); next !== undefined; next = this.first()) {
      const [slot, order] = next
      try {
        const direction = await directionOf(this.embedder, order.texts)
        // The slot may have been filled anew or emptied in the meantime.
        if (this.orders.get(slot) !== order) continue
        this.table.set(slot, direction)
        this.orders.delete(slot)
      } catch (error) {
        this.failure = error instanceof Error ? error.message : String(error)
        return
      }
    }
  }

  private first(): [number, Order] | undefined {
    for (const entry of this.orders) return entry
    return undefined
  }
}
