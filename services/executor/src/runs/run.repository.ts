import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { OutageError, RunStarted } from '@guildhall/contracts'
import type { BudgetState } from '@guildhall/models'
import { Database, type EntityManager, In, IsNull, Not, type Transaction } from '@guildhall/mysql'
import { Delegation } from './delegation.entity.js'
import { Question } from './question.entity.js'
import { type ClaimedRun, Run } from './run.entity.js'
import { RunInterrupted } from './run.failure.js'
import { originNow } from './run.origin.js'
import { isAllowed, type RunState } from './run.states.js'
import { Step } from './step.entity.js'

const usualLeaseMs = 6_000
const retryEveryMs = 250
const dueNow = { leaseToken: null, leaseUntil: null, claims: () => 'claims - 1' }

export interface FencedOptions {
  /** What the run has used up of models so far; absent: as before. */
  modelBudget?: BudgetState
  /** Does not wait until what was said is published: see `Database.transact`. Default false. */
  isBehind?: boolean
}

/** The rows of runs, and who may write them: only the holder of a run's lease. Lease times are by the server's clock. */
export class RunRepository {
  /** Of this process: an earlier process of the same instance holds another one and can no longer write. */
  private readonly leaseToken = randomUUID()

  private readonly leaseFromNow: () => string

  constructor(
    private readonly database: Database,
    private readonly instance: string,
    /** How long a lease holds after it was renewed: when its executor dies, the run is taken after this at the latest. */
    readonly leaseMs = usualLeaseMs,
  ) {
    this.leaseFromNow = () => `UTC_TIMESTAMP(3) + INTERVAL ${Math.round(leaseMs) * 1_000} MICROSECOND`
  }

  lock(tx: Transaction, runId: string): Promise<Run | null> {
    return tx.manager.findOne(Run, { where: { runId }, lock: { mode: 'pessimistic_write' } })
  }

  /**
   * Takes the oldest run that is queued, answered or whose lease ran out; says `run.started` when nobody had it before.
   * @param except run ids that this process still works on
   * @param onlyQueued leaves alone the runs of others whose leases ran out
   */
  async claimNext(except: readonly string[], onlyQueued = false): Promise<ClaimedRun | undefined> {
    return this.database.transact(async (tx) => {
      const query = tx.manager
        .createQueryBuilder(Run, 'run')
        .where('run.state IN (:...states)', {
          states: onlyQueued ? ['queued'] : ['queued', 'running', 'answered'],
        })
        .andWhere(
          `(run.leaseUntil IS NULL OR run.leaseUntil < UTC_TIMESTAMP(3)
            OR (run.state = 'answered' AND run.leaseOwner = :instance))`,
          { instance: this.instance },
        )
        .orderBy('run.createdAt', 'ASC')
        .limit(1)
        .setLock('pessimistic_write')
        .setOnLocked('skip_locked')
      if (except.length > 0) query.andWhere('run.runId NOT IN (:...except)', { except })
      const run = await query.getOne()
      if (!run?.request) return undefined
      const startedAt = run.startedAt ?? new Date()
      const claims = run.claims + 1
      await tx.manager
        .createQueryBuilder()
        .update(Run)
        .set({
          state: 'running',
          startedAt,
          claims,
          leaseOwner: this.instance,
          leaseToken: this.leaseToken,
          leaseUntil: this.leaseFromNow,
        })
        .where({ runId: run.runId })
        .execute()
      const { taskId, runId } = run
      if (run.state === 'queued') tx.publish(RunStarted, { taskId, runId }, originNow(run.origin))
      return Object.assign(run, { state: 'running' as const, request: run.request, startedAt, claims })
    })
  }

  /** Renews the leases that this process still holds. */
  async renew(runIds: readonly string[]): Promise<void> {
    await this.database.manager
      .createQueryBuilder()
      .update(Run)
      .set({ leaseUntil: this.leaseFromNow })
      .where({ runId: In([...runIds]), leaseToken: this.leaseToken, state: 'running' })
      .execute()
  }

  /** What became of these runs: a lease that somebody else holds now, a wish to cancel. */
  async look(runIds: readonly string[]): Promise<Map<string, { isHeld: boolean; isCanceled: boolean }>> {
    const rows = await this.database.manager.find(Run, {
      where: { runId: In([...runIds]) },
      select: { runId: true, leaseToken: true, cancelRequestedAt: true },
    })
    return new Map(
      rows.map((row) => [
        row.runId,
        { isHeld: row.leaseToken === this.leaseToken, isCanceled: row.cancelRequestedAt !== null },
      ]),
    )
  }

  /** Gives the leases of an earlier process of this instance back, so that nobody waits for them to run out. */
  async releaseOwn(): Promise<void> {
    await this.database.manager.update(
      Run,
      { leaseOwner: this.instance, state: 'running' },
      { leaseToken: null, leaseUntil: null },
    )
  }

  /**
   * Gives a run to whoever takes it next.
   * @param afterMs how long nobody may; 0: at once, and the claim does not count (a hand-over, not a failure)
   */
  async release(runId: string, afterMs: number): Promise<void> {
    await this.database.manager
      .createQueryBuilder()
      .update(Run)
      .set({
        leaseToken: null,
        leaseUntil: () => `UTC_TIMESTAMP(3) + INTERVAL ${Math.round(afterMs) * 1_000} MICROSECOND`,
        ...(afterMs === 0 && { claims: () => 'claims - 1' }),
      })
      .where({ runId, leaseToken: this.leaseToken })
      .execute()
  }

  /**
   * Runs work as the holder of the run's lease: the row stays locked, so nobody can take the run in between.
   * @throws RunInterrupted `lease-lost` when somebody else holds it
   */
  async fenced<T>(
    runId: string,
    work: (tx: Transaction) => Promise<T>,
    { modelBudget, ...publication }: FencedOptions = {},
  ): Promise<T> {
    return this.database.transact(async (tx) => {
      await this.hold(tx, runId, modelBudget)
      return work(tx)
    }, publication)
  }

  /**
   * `fenced` for what has happened already and must be kept: an outage of the database is waited out, until a shutdown.
   * @throws RunInterrupted as `fenced`; OutageError at a shutdown
   */
  async fencedThroughOutage<T>(
    runId: string,
    shutdown: AbortSignal,
    work: (tx: Transaction) => Promise<T>,
    options?: FencedOptions,
  ): Promise<T> {
    for (;;) {
      try {
        return await this.fenced(runId, work, options)
      } catch (error) {
        if (!(error instanceof OutageError) || shutdown.aborted) throw error
        await sleep(retryEveryMs, undefined, { signal: shutdown }).catch(() => {})
      }
    }
  }

  /**
   * Inside `fenced`: puts the run aside until a person answers. Nobody holds it then, and its claim does not count. Its
   * workspace stays where it is, so that its owner is remembered.
   */
  async park(tx: Transaction, runId: string): Promise<void> {
    await this.write(tx.manager, runId, {
      state: 'waiting',
      leaseToken: null,
      leaseUntil: null,
      claims: () => 'claims - 1',
      waitingSince: () => 'UTC_TIMESTAMP(3)',
      waitingUntil: null,
    })
  }

  /**
   * Puts a run aside that waits for what it handed on, unless it waits for a person already, or some of that has ended since
   * it looked: then it is due at once.
   * @param restMs how long it may wait
   */
  async putAside(runId: string, restMs: number): Promise<void> {
    const parked = {
      state: 'waiting' as const,
      leaseToken: null,
      leaseUntil: null,
      claims: () => 'claims - 1',
      waitingSince: null,
      waitingUntil: () => `UTC_TIMESTAMP(3) + INTERVAL ${Math.round(restMs) * 1_000} MICROSECOND`,
    }
    await this.fenced(runId, async (tx) => {
      const news = { runId, endedAt: Not(IsNull()), usedAt: IsNull() }
      const hasNews = (await tx.manager.countBy(Delegation, news)) > 0
      await this.write(tx.manager, runId, hasNews ? dueNow : parked)
    }).catch((error: unknown) => {
      if (!(error instanceof RunInterrupted)) throw error
    })
  }

  /** Makes runs due that waited until their time was over. */
  async wakeOverdue(): Promise<void> {
    await this.database.transact(async (tx) => {
      await tx.manager
        .createQueryBuilder()
        .update(Run)
        .set({ state: 'answered', leaseUntil: this.leaseFromNow })
        .where("state = 'waiting' AND waiting_until < UTC_TIMESTAMP(3)")
        .execute()
    })
  }

  /** Makes a run due that waits: at once for its owner, who has the workspace, and for others if that does not take it. */
  async wake(tx: Transaction, runId: string): Promise<void> {
    await tx.manager
      .createQueryBuilder()
      .update(Run)
      .set({
        state: 'answered',
        leaseUntil: this.leaseFromNow,
        waitedMs: () =>
          'waited_ms + GREATEST(0, COALESCE(TIMESTAMPDIFF(MICROSECOND, waiting_since, UTC_TIMESTAMP(3)), 0) DIV 1000)',
      })
      .where({ runId, state: 'waiting' })
      .execute()
  }

  /** Inside `fenced`: the versions of registered functions that the run has from now on, whoever goes on with it. */
  async keepVersions(
    tx: Transaction,
    runId: string,
    functionVersions: Record<string, string>,
  ): Promise<void> {
    await this.write(tx.manager, runId, { functionVersions })
  }

  /** Inside `fenced`: the end of a run. */
  async finish(tx: Transaction, run: Run, state: RunState, errorCode: string | null): Promise<void> {
    if (!isAllowed(run.state, state)) throw new Error(`a run that is ${run.state} cannot become ${state}`)
    await this.write(tx.manager, run.runId, { state, errorCode, finishedAt: new Date(), leaseUntil: null })
  }

  async beginAnew(run: ClaimedRun): Promise<void> {
    await this.fenced(run.runId, async (tx) => {
      await tx.manager.delete(Step, { runId: run.runId })
      // The approvals that were used stay: what they allowed has happened, and is asked about anew.
      await tx.manager.delete(Question, { runId: run.runId, usedAt: IsNull() })
      await this.write(tx.manager, run.runId, { restarts: run.restarts + 1 })
    })
    run.restarts += 1
  }

  /** Resolves when nothing is on its way any more that was said about the task behind its run's back. */
  said(taskId: string): Promise<void> {
    return this.database.published(taskId)
  }

  /** Of these ids, those of runs that are not over. */
  async unfinished(runIds: readonly string[]): Promise<Set<string>> {
    if (runIds.length === 0) return new Set()
    const rows = await this.database.manager.find(Run, {
      where: { runId: In([...runIds]), state: In(['queued', 'running', 'waiting', 'answered']) },
      select: { runId: true },
    })
    return new Set(rows.map((row) => row.runId))
  }

  /** Once a step at least, so without what it takes to build the statement. */
  private async hold(tx: Transaction, runId: string, modelBudget?: BudgetState): Promise<void> {
    const sql = `UPDATE runs SET lease_until = ${this.leaseFromNow()}${modelBudget ? ', model_budget = ?' : ''}
      WHERE run_id = ? AND lease_token = ? AND state = 'running'`
    const values = [...(modelBudget ? [JSON.stringify(modelBudget)] : []), runId, this.leaseToken]
    if ((await tx.change(sql, values)) === 0) throw new RunInterrupted('lease-lost')
  }

  private async write(manager: EntityManager, runId: string, change: object): Promise<void> {
    const result = await manager
      .createQueryBuilder()
      .update(Run)
      .set(change)
      .where({ runId, leaseToken: this.leaseToken, state: 'running' })
      .execute()
    if (!result.affected) throw new RunInterrupted('lease-lost')
  }
}
