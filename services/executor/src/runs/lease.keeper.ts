import type { ServiceLogger } from '@guildhall/service-defaults'
import type { RunControl } from './run.control.js'
import type { RunRepository } from './run.repository.js'

/** Shares of a lease. */
const looks = 1 / 12
const renewals = 1 / 3
/** Work stops this long before the lease ends, so that it is over when another executor may begin. */
const margin = 1 / 4

interface Held {
  control: RunControl
  /** When the last renewal that succeeded was asked for: the lease cannot have ended `leaseMs` after it. */
  renewedAtMs: number
}

/** Keeps the leases of the runs that this process works on, and tells them what happened to them elsewhere. */
export class LeaseKeeper {
  private readonly held = new Map<string, Held>()
  private readonly timers: NodeJS.Timeout[] = []
  private looking: Promise<void> | undefined
  private lastRenewalMs = 0

  constructor(
    private readonly runs: RunRepository,
    private readonly logger: ServiceLogger,
  ) {}

  start(): void {
    const lookEveryMs = this.runs.leaseMs * looks
    this.timers.push(
      setInterval(() => this.stopOverdue(), lookEveryMs),
      setInterval(() => {
        this.looking ??= this.look()
          .catch((error: unknown) =>
            this.logger.warn({ err: error }, 'the leases of runs could not be renewed'),
          )
          .finally(() => {
            this.looking = undefined
          })
      }, lookEveryMs),
    )
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    await this.looking
  }

  /** @param claimedAtMs when the claim was asked for */
  hold(runId: string, control: RunControl, claimedAtMs: number): void {
    this.held.set(runId, { control, renewedAtMs: claimedAtMs })
  }

  drop(runId: string): void {
    this.held.delete(runId)
  }

  private async look(): Promise<void> {
    const watched = [...this.held]
    if (watched.length === 0) return
    const runIds = watched.map(([runId]) => runId)
    const nowMs = Date.now()
    const isRenewing = nowMs - this.lastRenewalMs >= this.runs.leaseMs * renewals
    if (isRenewing) await this.runs.renew(runIds)
    const seen = await this.runs.look(runIds)
    if (isRenewing) this.lastRenewalMs = nowMs
    for (const [runId, held] of watched) {
      const row = seen.get(runId)
      if (!row?.isHeld) held.control.interrupt('lease-lost')
      else if (row.isCanceled) held.control.interrupt('canceled')
      else if (isRenewing) held.renewedAtMs = nowMs
    }
  }

  /** Apart from `look`, which may hang with the database. */
  private stopOverdue(): void {
    const { leaseMs } = this.runs
    for (const held of this.held.values()) {
      if (Date.now() - held.renewedAtMs > leaseMs * (1 - margin)) held.control.interrupt('lease-lost')
    }
  }
}
