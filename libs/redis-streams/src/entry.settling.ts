import { backOffMs, pause } from './back-off.js'
import type { ConsumerGroup } from './consumer.group.js'
import type { EntryHolding } from './entry.holding.js'
import { compareEntryIds } from './entry.id.js'
import type { HeldEntry } from './held.entry.js'
import { isGroupLost } from './streams.errors.js'
import type { StreamsLogger } from './streams.logger.js'
import { TurnBatch } from './turn.batch.js'

interface Settlement {
  entry: HeldEntry
  /** The error of the dead letter that it becomes, JSON; absent: the entry was handled. */
  dead: string | undefined
}

const settledPerCall = 100
const toldEveryMs = 20_000
const settleBackOff = { firstMs: 50, factor: 2.5, capMs: 2_000 }

/** Brings held entries to their end, those of one turn of the event loop in one call. */
export class EntrySettling {
  readonly #batch = new TurnBatch<Settlement, boolean>((some) => this.#settleSome(some), settledPerCall)
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
  async settle(entry: HeldEntry, dead?: string): Promise<boolean> {
    this.holding.end(entry)
    for (let failures = 1; ; failures += 1) {
      if (!this.holding.isHeld(entry)) return false
      entry.isSettling = true
      try {
        const isSettled = await this.#batch.add({ entry, dead })
        this.holding.letGo(entry)
        return isSettled
      } catch (error) {
        entry.isSettling = false
        if (isGroupLost(error)) {
          await this.group.ensure().catch(() => {})
          this.onGone(entry)
          return false
        }
        await pause(backOffMs(failures, settleBackOff), this.closing)
      }
    }
  }

  async #settleSome(settlements: Settlement[]): Promise<(boolean | Error)[]> {
    const answers = new Map<HeldEntry, boolean | Error>()
    for (const [stream, some] of Map.groupBy(settlements, ({ entry }) => entry.stream)) {
      some.sort((a, b) => compareEntryIds(a.entry.id, b.entry.id))
      const sorted = some.map(({ entry }) => entry.id)
      const handled = some.filter(({ dead }) => dead === undefined).map(({ entry }) => entry)
      const dead = some.flatMap(({ entry, dead }) =>
        dead === undefined ? [] : [{ id: entry.id, error: dead }],
      )
      try {
        const lost = new Set(await this.group.settle(stream, sorted, handled, dead))
        for (const { entry } of some) answers.set(entry, !lost.has(entry.id))
        this.#toldAtMs.delete(stream)
      } catch (error) {
        for (const { entry } of some) answers.set(entry, error as Error)
        if (!isGroupLost(error)) this.#tellFailure(error, stream)
      }
    }
    return settlements.map(({ entry }) => answers.get(entry) ?? false)
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
