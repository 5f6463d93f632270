import { setImmediate as nextTurn } from 'node:timers/promises'
import type { HeldEntry } from './held.entry.js'

/** So many failing entries may wait for another try, times the capacity, before no more are taken in. */
const parkedPerSlot = 10

/** So many ended entries may wait for Redis to hear of it, times the capacity, before no more are taken in. */
const endedPerSlot = 2

/** How many entries may be in hand at once, by all the consumers of a process that share the slots. */
export class SlotPool {
  #sharers = 0
  #active = 0
  #parked = 0
  #ended = 0
  #suspect: HeldEntry | undefined
  #waitingForChange: (() => void)[] = []

  /** @param capacity most entries in hand, parked and ended ones not counted. */
  constructor(readonly capacity: number) {}

  /** Another consumer takes its entries from here. */
  join(): void {
    this.#sharers += 1
  }

  /** Slots that are free now; negative when consumers that share read at the same moment. */
  get free(): number {
    const { capacity } = this
    const hasRoom = this.#parked < capacity * parkedPerSlot && this.#ended < capacity * endedPerSlot
    return hasRoom ? capacity - this.#active : 0
  }

  /** How many of the free slots one consumer may fill, when all that share read at the same moment. */
  get share(): number {
    return this.free > 0 ? Math.ceil(this.free / this.#sharers) : 0
  }

  get isOverfull(): boolean {
    return this.#active > this.capacity
  }

  take(): void {
    this.#active += 1
  }

  give(): void {
    this.#active -= 1
    this.wakeAll()
  }

  park(): void {
    this.#parked += 1
    this.give()
  }

  unpark(): void {
    this.#parked -= 1
    this.#active += 1
  }

  /** The handler of an entry has come to its end: others may take the slot while Redis is told. */
  end(): void {
    this.#ended += 1
    this.give()
  }

  /** Gives up what had ended without a slot. */
  dropEnded(): void {
    this.#ended -= 1
    this.wakeAll()
  }

  /** Gives up what was parked without a slot. */
  dropParked(): void {
    this.#parked -= 1
    this.wakeAll()
  }

  /** Marks the one suspect of this process. @returns false when there is another one already. */
  suspect(entry: HeldEntry): boolean {
    this.#suspect ??= entry
    return this.#suspect === entry
  }

  acquit(entry: HeldEntry): void {
    if (this.#suspect === entry) this.#suspect = undefined
  }

  /** Resolves with the share of the free slots as soon as there is one, or with 0 when the signal is aborted and all are woken. */
  async freeSlots(signal: AbortSignal): Promise<number> {
    while (!signal.aborted) {
      if (this.share > 0) return this.share
      await this.change()
      // What is settled in one call comes free in one turn: read for all of it, not for the first.
      await nextTurn()
    }
    return 0
  }

  get isFull(): boolean {
    return this.#active >= this.capacity
  }

  /** Resolves when an entry was let go or parked. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waitingForChange.push(resolve))
  }

  wakeAll(): void {
    if (this.#waitingForChange.length === 0) return
    const waiting = this.#waitingForChange
    this.#waitingForChange = []
    for (const wake of waiting) wake()
  }
}
