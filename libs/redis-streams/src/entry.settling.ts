import { backOffMs, pause } from './back-off.js'
import type { ConsumerGroup } from './consumer.group.js'
import type { EntryHolding } from './entry.holding.js'
import { compareEntryIds } from './entry.id.js'
import type { HeldEntry } from './held.entry.js'
import { isGroupLost } from './streams.errors.js'
import type { StreamsLogger } from './streams.logger.js'

interface Settlement {
  entry: HeldEntry
  /** The error of the dead letter that it becomes, JSON; absent: the entry was handled. */
  dead: string | undefined
  resolve: (isSettled: boolean) => void
}

const settledPerCall = 100
const toldEveryMs = 20_000
const settleBackOff = { firstMs: 50, factor: 2.5, capMs: 2_000 }

/** Brings held entries to their end, those of one turn of the event loop in one call. */
export class EntrySettling {
  #waiting: Settlement[] = []
  /** By stream, while settling fails there. */
  readonly #toldAtMs = new Map<string, number>()

  /** @param closing ends the waiting between tries. @param onGone an entry whose group vanished. */
  constructor(
    private readonly group: ConsumerGroup,
    private readonly holding: EntryHolding,
    private readonly logger: StreamsLogger,
    private readonly closing: AbortSignal,
    private readonly onGone: (entry: HeldEntry) => void,
  ) {}

  /** Tries until it succeeds or the entry is not held any more. @returns whether this consumer settled it. */
  settle(entry: HeldEntry, dead?: string): Promise<boolean> {
    this.holding.end(entry)
    return new Promise((resolve) => {
      this.#waiting.push({ entry, dead, resolve })
      if (this.#waiting.length === 1) setImmediate(() => this.#settleWaiting())
    })
  }

  #settleWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const [stream, some] of Map.groupBy(waiting, ({ entry }) => entry.stream)) {
      some.sort((a, b) => compareEntryIds(a.entry.id, b.entry.id))
      for (let start = 0; start < some.length; start += settledPerCall)
        void this.#settleSome(stream, some.slice(start, start + settledPerCall))
    }
  }

  /** @param sorted by entry id, ascending. */
  async #settleSome(stream: string, sorted: Settlement[]): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const held = this.#heldOf(sorted)
      if (held.length === 0) return
      try {
        const lost = new Set(await this.#askFor(stream, held))
        this.#toldAtMs.delete(stream)
        for (const { entry, resolve } of held) {
          this.holding.letGo(entry)
          resolve(!lost.has(entry.id))
        }
        return
      } catch (error) {
        for (const { entry } of held) entry.isSettling = false
        if (isGroupLost(error)) {
          await this.group.ensure().catch(() => {})
          for (const { entry, resolve } of held) {
            this.onGone(entry)
            resolve(false)
          }
          return
        }
        this.#tellFailure(error, stream)
        await pause(backOffMs(failures, settleBackOff), this.closing)
      }
    }
  }

  /** Those that are held still; of the others nobody hears any more. */
  #heldOf(settlements: readonly Settlement[]): Settlement[] {
    return settlements.filter(({ entry, resolve }) => {
      const isHeld = this.holding.isHeld(entry)
      if (isHeld) entry.isSettling = true
      else resolve(false)
      return isHeld
    })
  }

  /** @returns ids that this consumer had lost. */
  #askFor(stream: string, settlements: readonly Settlement[]): Promise<string[]> {
    const sorted: string[] = []
    const handled: HeldEntry[] = []
    const deadOnes: { id: string; error: string }[] = []
    for (const { entry, dead } of settlements) {
      sorted.push(entry.id)
      if (dead === undefined) handled.push(entry)
      else deadOnes.push({ id: entry.id, error: dead })
    }
    return this.group.settle(stream, sorted, handled, deadOnes)
  }

  // In an outage whatever is in hand fails again and again.
  #tellFailure(error: unknown, stream: string): void {
    const nowMs = performance.now()
    if (nowMs - (this.#toldAtMs.get(stream) ?? -Infinity) < toldEveryMs) return
    this.#toldAtMs.set(stream, nowMs)
    const entries = this.holding.all().filter((entry) => entry.stream === stream && entry.hasEnded).length
    this.logger.warn({ err: error, stream, entries }, 'Settling failed; trying again')
  }
}
