import type { ConsumerGroup, Delivered } from './consumer.group.js'
import type { EntryHolding } from './entry.holding.js'
import { compareEntryIds } from './entry.id.js'
import type { HeldEntry } from './held.entry.js'
import type { StreamsLogger } from './streams.logger.js'
import { repeatUpkeep } from './upkeep.repeating.js'

interface UpkeepOptions {
  reclaimIdleMs: number
  reclaimEveryMs: number
  janitorEveryMs: number
  logger: StreamsLogger
}

interface UpkeepFindings {
  take(delivered: Delivered[]): void
  /** Whether this process cannot take more now. */
  isStalled(): boolean
  lose(entry: HeldEntry, why: string): void
}

const heartbeatEveryMs = 2_000
const renewedPerCall = 1_000
const reclaimCallsPerPass = 10

/** What a consumer does all the time beside reading: shows that it lives, and takes over from those that do not. */
export class ConsumerUpkeep {
  readonly #cursors = new Map<string, string>()

  constructor(
    private readonly group: ConsumerGroup,
    private readonly holding: EntryHolding,
    private readonly options: UpkeepOptions,
    private readonly findings: UpkeepFindings,
  ) {}

  /** @param stopping ends taking over; @param closing ends renewing, which goes on while handlers drain. */
  start(stopping: AbortSignal, closing: AbortSignal): void {
    const { reclaimIdleMs, reclaimEveryMs, janitorEveryMs, logger } = this.options
    void repeatUpkeep('Renewing', reclaimIdleMs / 3, closing, logger, () => this.#renewHeld())
    void repeatUpkeep('The heartbeat', heartbeatEveryMs, closing, logger, () => this.group.beat())
    void repeatUpkeep('Reclaiming', reclaimEveryMs, stopping, logger, () => this.#reclaim(stopping))
    void repeatUpkeep('Retiring dead consumers', janitorEveryMs, stopping, logger, () => this.#retireDead())
  }

  async #renewHeld(): Promise<void> {
    for (const [stream, entries] of Map.groupBy(this.holding.all(), (entry) => entry.stream)) {
      const byId = new Map(entries.map((entry) => [entry.id, entry]))
      const ids = [...byId.keys()].sort(compareEntryIds)
      for (let start = 0; start < ids.length; start += renewedPerCall)
        for (const id of await this.group.renew(stream, ids.slice(start, start + renewedPerCall))) {
          const entry = byId.get(id)
          if (entry && this.holding.isHeld(entry) && !entry.isSettling)
            this.findings.lose(entry, 'another consumer took it over')
        }
    }
  }

  async #reclaim(stopping: AbortSignal): Promise<void> {
    for (const stream of this.group.streams)
      for (let calls = 0; calls < reclaimCallsPerPass; calls += 1)
        if (!(await this.#reclaimFrom(stream, stopping))) break
  }

  /** @returns whether there may be more. */
  async #reclaimFrom(stream: string, stopping: AbortSignal): Promise<boolean> {
    const { reclaimIdleMs, logger } = this.options
    const count = Math.min(100, this.holding.free)
    if (count <= 0 || stopping.aborted || this.findings.isStalled()) return false
    const from = this.#cursors.get(stream) ?? '0-0'
    const { cursor, entries, gone } = await this.group.claimAbandoned(stream, from, reclaimIdleMs, count)
    this.#cursors.set(stream, cursor)
    if (gone.length > 0) {
      logger.error({ stream, ids: gone }, 'Pending entries were deleted; their senders are to say them again')
      await this.group.reportLoss()
    }
    if (entries.length > 0) {
      logger.info({ stream, entries: entries.length }, 'Took over abandoned entries')
      this.findings.take(entries)
    }
    return entries.length === count
  }

  async #retireDead(): Promise<void> {
    const retired = await this.group.retireDead()
    if (retired.length > 0) this.options.logger.info({ consumers: retired }, 'Retired dead consumers')
  }
}
