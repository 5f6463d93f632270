import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BudgetState } from '@guildhall/models'
import type { Transaction } from '@guildhall/mysql'
import type { RunRepository } from './run.repository.js'
import type { Step } from './step.entity.js'
import { putSteps } from './step.rows.js'

export interface LedgerWrite {
  /** Written as they are when the transaction begins. */
  step?: Step
  /** What else the transaction does; may be called again after a conflict. */
  alongside?: (tx: Transaction) => unknown
  /** What the run has used up of models by then. */
  budget?: BudgetState
}

interface WaitingWrite extends LedgerWrite {
  settle: PromiseWithResolvers<void>
}

/**
 * Writes what one run has done and is about to do, in order, as the holder of its lease. What comes in the same turn of
 * the event loop, or while a transaction is under way, goes together into the next one: the outcome of a step and the
 * intent of the one after it share a commit. An outage of the database is waited out: what has happened must be kept, and of
 * what was about to happen nobody else could tell whether it did.
 */
export class LedgerWriter {
  private waiting: WaitingWrite[] = []
  private flow: Promise<void> | undefined
  private broken: { error: unknown } | undefined

  constructor(
    private readonly runs: RunRepository,
    private readonly runId: string,
    /** Ends waiting for a database that is away. */
    private readonly shutdown: AbortSignal,
  ) {}

  /**
   * Resolves when it is committed.
   * @throws RunInterrupted `lease-lost`; OutageError at a shutdown; after a failure the same for whatever comes later
   */
  write(write: LedgerWrite): Promise<void> {
    const settle = Promise.withResolvers<void>()
    this.waiting.push({ ...write, settle })
    this.flow ??= this.work()
    return settle.promise
  }

  /** For what need not be durable yet: whatever is written after it tells when it failed, and so does `idle`. */
  writeSoon(write: LedgerWrite): void {
    this.write(write).catch(() => undefined)
  }

  /** Resolves when nothing waits to be written. @throws what a write failed with */
  async idle(): Promise<void> {
    await this.flow
    if (this.broken) throw this.broken.error
  }

  private async work(): Promise<void> {
    await nextTurn()
    while (this.waiting.length > 0) {
      const together = this.waiting.splice(0)
      try {
        if (this.broken) throw this.broken.error
        await this.commit(together)
        for (const { settle } of together) settle.resolve()
      } catch (error) {
        this.broken ??= { error }
        for (const { settle } of together) settle.reject(error)
      }
    }
    this.flow = undefined
  }

  private commit(together: readonly LedgerWrite[]): Promise<void> {
    const work = async (tx: Transaction): Promise<void> => {
      const steps = together.flatMap(({ step }) => step ?? [])
      putSteps(tx, new Map(steps.map((step) => [step.index, step])).values())
      for (const { alongside } of together) await alongside?.(tx)
    }
    const modelBudget = together.findLast(({ budget }) => budget)?.budget
    const options = { isBehind: true, ...(modelBudget && { modelBudget }) }
    return this.runs.fencedThroughOutage(this.runId, this.shutdown, work, options)
  }
}
