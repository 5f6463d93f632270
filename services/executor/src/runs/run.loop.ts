import type { Metrics, ServiceLogger } from '@guildhall/service-defaults'
import { OutageError } from '@guildhall/contracts'
import { LeaseKeeper } from './lease.keeper.js'
import { RunControl } from './run.control.js'
import type { ClaimedRun } from './run.entity.js'
import type { RunRepository } from './run.repository.js'

export interface RunLoopSettings {
  /** Runs at the same time. */
  concurrency: number
  /** How often to look for runs when nobody pokes. Default 500. */
  pollMs?: number
  /** How long calls may take to end by themselves at a stop before they are killed. Default 6,000. */
  drainMs?: number
}

interface Working {
  control: RunControl
  done: Promise<void>
}

/** Takes runs from the table as slots get free, its own earlier ones first, and works on them under a lease. */
export class RunLoop {
  private readonly working = new Map<string, Working>()
  private readonly leases: LeaseKeeper
  private readonly running
  private timer: NodeJS.Timeout | undefined
  private filling: Promise<void> | undefined
  private isPoked = false
  private isStopping = false
  private lastOutageMs = -Infinity
  private lastWakingMs = 0

  constructor(
    private readonly runs: RunRepository,
    /** Works on a run until nothing of it is left to do here. */
    private readonly execute: (run: ClaimedRun, control: RunControl) => Promise<void>,
    private readonly settings: RunLoopSettings,
    private readonly logger: ServiceLogger,
    metrics: Metrics,
  ) {
    this.leases = new LeaseKeeper(runs, logger)
    this.running = metrics.gauge('guildhall_runs_running', 'Runs that this executor works on')
  }

  async start(): Promise<void> {
    await this.runs.releaseOwn()
    this.leases.start()
    this.timer = setInterval(() => this.poke(), this.pollMs)
    this.poke()
  }

  private get pollMs(): number {
    return this.settings.pollMs ?? 500
  }

  /** There may be something to do. Cheap, and without effect before the start and after the stop. */
  poke(): void {
    if (!this.timer || this.isStopping) return
    this.isPoked = true
    this.filling ??= this.fill()
      .catch((error: unknown) => {
        if (error instanceof OutageError) this.lastOutageMs = Date.now()
        this.logger.warn({ err: error }, 'runs could not be claimed')
      })
      .finally(() => {
        this.filling = undefined
      })
  }

  /** Kills what runs of this run here, if anything. */
  cancel(runId: string): void {
    this.working.get(runId)?.control.interrupt('canceled')
  }

  /** Lets calls end, begins none, and gives the runs to others. Resolves when nothing runs here any more. */
  async stop(): Promise<void> {
    this.isStopping = true
    clearInterval(this.timer)
    await this.filling
    const working = [...this.working.values()]
    for (const { control } of working) control.handOver()
    const kill = setTimeout(() => {
      for (const { control } of working) control.interrupt('handed-over')
    }, this.settings.drainMs ?? 6_000)
    await Promise.allSettled(working.map(({ done }) => done))
    clearTimeout(kill)
    await this.leases.stop()
  }

  private async fill(): Promise<void> {
    if (Date.now() - this.lastWakingMs >= this.pollMs) {
      this.lastWakingMs = Date.now()
      await this.runs.wakeOverdue()
    }
    while (!this.isStopping && this.working.size < this.settings.concurrency) {
      this.isPoked = false
      const claimedAtMs = Date.now()
      // After an outage every lease has run out: who holds a run comes first with what it has to record.
      const onlyQueued = claimedAtMs - this.lastOutageMs < this.runs.leaseMs
      const run = await this.runs.claimNext([...this.working.keys()], onlyQueued)
      if (run) this.begin(run, claimedAtMs)
      else if (!this.isPoked) return
    }
  }

  private begin(run: ClaimedRun, claimedAtMs: number): void {
    const { runId, startedAt, request, waitedMs } = run
    const control = new RunControl(startedAt.getTime() + waitedMs + request.timeoutMs)
    if (run.cancelRequestedAt) control.interrupt('canceled')
    this.leases.hold(runId, control, claimedAtMs)
    const done = this.execute(run, control)
      .catch((error: unknown) => this.logger.error({ err: error, runId }, 'a run was left to its lease'))
      .finally(() => {
        control.end()
        this.leases.drop(runId)
        this.working.delete(runId)
        this.running.set(this.working.size)
        this.poke()
      })
    this.working.set(runId, { control, done })
    this.running.set(this.working.size)
  }
}
