import { pause } from './back-off.js'
import type { Delivered } from './consumer.group.js'
import { HeldEntry } from './held.entry.js'
import type { SlotPool } from './slot.pool.js'

/** The entries that a consumer has in hand, each in a slot of the pool unless it is parked or has ended. */
export class EntryHolding {
  /** By stream and id. */
  readonly #held = new Map<string, Map<string, HeldEntry>>()
  #size = 0

  /** @param suspectAfter deliveries from which on an entry is a suspect. */
  constructor(
    private readonly slots: SlotPool,
    private readonly suspectAfter: number,
  ) {
    slots.join()
  }

  get size(): number {
    return this.#size
  }

  /** How many more entries this consumer may take now. */
  get free(): number {
    return this.slots.share
  }

  /** Whether consumers that share the slots have just taken more than there are: the latest have to wait. */
  get isOverfull(): boolean {
    return this.slots.isOverfull
  }

  all(): HeldEntry[] {
    return [...this.#held.values()].flatMap((entries) => [...entries.values()])
  }

  has(stream: string, id: string): boolean {
    return this.#held.get(stream)?.has(id) ?? false
  }

  isHeld(entry: HeldEntry): boolean {
    return this.#held.get(entry.stream)?.get(entry.id) === entry
  }

  /**
   * Takes an entry in hand.
   * @returns isHeld false for a second suspect: one at a time, so that when it kills this process no other one is
   * counted as its accomplice.
   */
  hold({ stream, id, flat, deliveries }: Delivered): { entry: HeldEntry; isHeld: boolean } {
    const entry = new HeldEntry(stream, id, flat, deliveries, deliveries >= this.suspectAfter)
    if (entry.isSuspect && !this.slots.suspect(entry)) return { entry, isHeld: false }
    this.#add(entry)
    this.slots.take()
    return { entry, isHeld: true }
  }

  letGo(entry: HeldEntry): void {
    if (!this.isHeld(entry)) return
    this.#held.get(entry.stream)?.delete(entry.id)
    this.#size -= 1
    this.slots.acquit(entry)
    if (entry.isParked) this.slots.dropParked()
    else if (entry.hasEnded) this.slots.dropEnded()
    else this.slots.give()
  }

  /** What is left to do with an entry is to settle it: it stays held, and others take its slot meanwhile. */
  end(entry: HeldEntry): void {
    if (entry.hasEnded || entry.isParked || !this.isHeld(entry)) return
    entry.hasEnded = true
    this.slots.end()
  }

  /** Resolves with the free slots as soon as there is one, or with 0 when the signal is aborted and all are woken. */
  freeSlots(signal: AbortSignal): Promise<number> {
    return this.slots.freeSlots(signal)
  }

  /** Lets an entry wait without a slot, and then for a slot. @returns whether it is still held, and may go on. */
  async park(entry: HeldEntry, ms: number, stopping: AbortSignal): Promise<boolean> {
    if (!this.isHeld(entry)) return false
    entry.isParked = true
    this.slots.park()
    await pause(ms, AbortSignal.any([entry.signal, stopping]))
    while (this.isHeld(entry) && !stopping.aborted && this.slots.isFull) await this.change()
    if (!this.isHeld(entry)) return false
    entry.isParked = false
    this.slots.unpark()
    return !stopping.aborted
  }

  /** Resolves when an entry was let go or parked. */
  change(): Promise<void> {
    return this.slots.change()
  }

  wakeAll(): void {
    this.slots.wakeAll()
  }

  #add(entry: HeldEntry): void {
    let entries = this.#held.get(entry.stream)
    if (!entries) this.#held.set(entry.stream, (entries = new Map<string, HeldEntry>()))
    if (!entries.has(entry.id)) this.#size += 1
    entries.set(entry.id, entry)
  }
}
