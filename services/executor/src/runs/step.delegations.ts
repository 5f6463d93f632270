import {
  canonicalDigest,
  delegatedTaskIdFor,
  type DelegationEnded,
  type InputFile,
  jsonBytes,
  messageOf,
  type MountRequest,
  narrowRights,
  nothingUsed,
  type Rights,
  TaskDelegate,
} from '@guildhall/contracts'
import type { BudgetShare, RunBudget } from '../runtimes/run.budget.js'
import { Delegation } from './delegation.entity.js'
import type { RunControl } from './run.control.js'
import type { ClaimedRun } from './run.entity.js'
import { RunInterrupted } from './run.failure.js'
import { originNow } from './run.origin.js'
import type { RunRepository } from './run.repository.js'
import { Step } from './step.entity.js'

/** What a step wants done as a task of its own. */
export interface DelegationWish {
  goal: string
  inputs: Record<string, unknown>
  files: InputFile[]
  mounts: MountRequest[]
  /** Of what the run may do; what is absent: as the run may. */
  rights: Partial<Pick<Rights, 'functions' | 'hosts'>> & Pick<Rights, 'mounts'>
  budget: BudgetShare
  timeoutMs?: number
}

export interface EndedDelegation {
  ended: DelegationEnded
  /** What was asked for and is not held, in words. */
  removed: string[]
  tookMs: number
}

/** Shorter times no task may have. */
const shortestMs = 1_000

/**
 * The tasks that one run hands on. Nobody waits for their ends with the run in hand: it is put aside when nothing else is to
 * be done, and due again when one of them has ended, or when its time is over.
 */
export class StepDelegations {
  constructor(
    private readonly runs: RunRepository,
    private readonly run: ClaimedRun,
    private readonly budget: RunBudget,
    private readonly control: RunControl,
    /** Function calls that the run has made, the one that hands on among them. */
    private readonly callsMade: () => number,
  ) {}

  /**
   * The end of the task that a step hands on. Idempotent: the same step with the same wish hands on once.
   * @returns why nothing was handed on, or how it ended
   * @throws RunInterrupted `waiting` as long as it has not ended
   */
  async endOf(stepIndex: number, wish: DelegationWish): Promise<EndedDelegation | { refused: string }> {
    const { runId, request } = this.run
    const key = `${stepIndex}-${canonicalDigest(wish)}`
    const delegatedTaskId = delegatedTaskIdFor(runId, key)
    const { functions, hosts } = request.rights
    const { granted, removed } = narrowRights(request.rights, {
      ...{ functions, hosts, budget: {} },
      ...wish.rights,
    })
    const known = await this.runs.fenced(runId, async (tx) => {
      const row = await tx.manager.findOneBy(Delegation, { delegatedTaskId })
      if (row?.ended && !row.usedAt)
        await tx.manager.update(Delegation, { delegatedTaskId }, { usedAt: new Date() })
      return row
    })
    if (!known) {
      const problem = await this.handOn(stepIndex, { ...wish, rights: granted }, key, delegatedTaskId)
      if (problem !== undefined) return { refused: problem }
    }
    if (!known?.ended) throw new RunInterrupted('waiting')
    this.budget.takeBack(delegatedTaskId, known.ended.used)
    const tookMs = Math.max(0, (known.endedAt ?? known.askedAt).getTime() - known.askedAt.getTime())
    return { ended: known.ended, removed, tookMs }
  }

  /** @returns why not */
  private async handOn(
    stepIndex: number,
    { budget, rights, ...wish }: DelegationWish & { rights: Rights },
    key: string,
    delegatedTaskId: string,
  ): Promise<string | undefined> {
    const { runId, taskId, origin } = this.run
    const restMs = this.control.restMs()
    if (restMs < shortestMs) return 'there is no time left for another task'
    const share = this.budget.handOn(delegatedTaskId, budget, this.callsMade())
    if ('usedUp' in share)
      return `nothing is left of the run’s budget (${share.usedUp}) that a task could have`
    const timeoutMs = Math.floor(Math.max(shortestMs, Math.min(wish.timeoutMs ?? restMs, restMs)))
    const message: TaskDelegate = {
      ...wish,
      taskId,
      runId,
      key,
      rights: { ...rights, budget: share },
      timeoutMs,
    }
    const { maxBytes } = messageOf(TaskDelegate)
    if (jsonBytes(message) > maxBytes) {
      this.budget.takeBack(delegatedTaskId, nothingUsed)
      return `what is handed on is larger than ${maxBytes} bytes`
    }
    await this.runs.fenced(runId, async (tx) => {
      const unended = { ended: null, endedAt: null, usedAt: null }
      await tx.manager.insert(Delegation, {
        delegatedTaskId,
        runId,
        stepIndex,
        share,
        askedAt: new Date(),
        ...unended,
      })
      await tx.manager.update(Step, { runId, index: stepIndex }, { state: 'waiting' })
      tx.publish(TaskDelegate, message, originNow(origin))
    })
    return undefined
  }
}
