import { setImmediate as nextTurn } from 'node:timers/promises'
import { pause } from './back-off.js'
import type { Delivered } from './consumer.group.js'
import { HeldEntry } from './held.entry.js'

/** So many failing entries may wait for another try, times the capacity, before no more are taken in. */
const parkedPerSlot = 10

/** The entries that a consumer has in hand, and how many more it can take. */
export class EntryHolding {
  readonly #held = new Map<string, HeldEntry>()
  #active = 0
  #suspect: HeldEntry | undefined
  #waitingForChange: (() => void)[] = []

  /**
   * @param capacity most entries in hand, parked ones not counted.
   * @param suspectAfter deliveries from which on an entry is a suspect.
   */
  constructor(
    private readonly capacity: number,
    private readonly suspectAfter: number,
  ) {}

  get size(): number {
    return this.#held.size
  }

  /** Slots that are free now; may be negative for a moment. */
  get free(): number {
    const parked = this.#held.size - this.#active
    return parked < this.capacity * parkedPerSlot ? this.capacity - this.#active : 0
  }

  all(): HeldEntry[] {
    return [...this.#held.values()]
  }

  has(stream: string, id: string): boolean {
    return this.#held.has(keyOf(stream, id))
  }

  isHeld(entry: HeldEntry): boolean {
    return this.#held.get(keyOf(entry.stream, entry.id)) === entry
  }

  /**
   * Takes an entry in hand.
   * @returns isHeld false for a second suspect: one at a time, so that when it kills this process no other one is
   * counted as its accomplice.
   */
  hold({ stream, id, fields, deliveries }: Delivered): { entry: HeldEntry; isHeld: boolean } {
    const entry = new HeldEntry(stream, id, fields, deliveries, deliveries >= this.suspectAfter)
    if (entry.isSuspect) {
      if (this.#suspect) return { entry, isHeld: false }
      this.#suspect = entry
    }
    this.#held.set(keyOf(stream, id), entry)
    this.#active += 1
    return { entry, isHeld: true }
  }

  letGo(entry: HeldEntry): void {
    if (!this.isHeld(entry)) return
    this.#held.delete(keyOf(entry.stream, entry.id))
    if (!entry.isParked) this.#active -= 1
    if (this.#suspect === entry) this.#suspect = undefined
    this.wakeAll()
  }

  /** Resolves with the free slots as soon as there is one, or with 0 when the signal is aborted and all are woken. */
  async freeSlots(signal: AbortSignal): Promise<number> {
    while (!signal.aborted) {
      if (this.free > 0) return this.free
      await this.change()
      // What is settled in one call comes free in one turn: read for all of it, not for the first.
      await nextTurn()
    }
    return 0
  }

  /** Lets an entry wait without a slot, and then for a slot. @returns whether it is still held, and may go on. */
  async park(entry: HeldEntry, ms: number, stopping: AbortSignal): Promise<boolean> {
    if (!this.isHeld(entry)) return false
    entry.isParked = true
    this.#active -= 1
    this.wakeAll()
    await pause(ms, AbortSignal.any([entry.signal, stopping]))
    while (this.isHeld(entry) && !stopping.aborted && this.#active >= this.capacity) await this.change()
    if (!this.isHeld(entry)) return false
    entry.isParked = false
    this.#active += 1
    return !stopping.aborted
  }

  /** Resolves when an entry was let go or parked. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waitingForChange.push(resolve))
  }

  wakeAll(): void {
    const waiting = this.#waitingForChange
    this.#waitingForChange = []
    for (const wake of waiting) wake()
  }
}

function keyOf(stream: string, id: string): string {
  return `${stream} ${id}`
}
