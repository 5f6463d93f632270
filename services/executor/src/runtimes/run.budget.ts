import {
  type Budget as BudgetRight,
  type DelegationEnded,
  type RunUsage,
  type TaskRun,
} from '@guildhall/contracts'
import {
  Budget,
  type BudgetCharge,
  type BudgetLimits,
  type BudgetState,
  type Reservation,
} from '@guildhall/models'
import { RunFailure } from '../runs/run.failure.js'

/** What a task gets of the budget of the run that hands it on; what is absent is not limited. */
export type BudgetShare = Pick<BudgetRight, 'tokens' | 'costUsd' | 'modelCalls' | 'calls'>

/** A task that the run handed on, as it is on record. */
export interface SharedWith {
  delegatedTaskId: string
  share: BudgetShare
  ended: Pick<DelegationEnded, 'used'> | null
}

const kinds = ['tokens', 'costUsd', 'modelCalls', 'calls'] as const

/**
 * What a run and the tasks that it hands on may use up together. A task has its share reserved before it begins, and is
 * charged what it used when it has ended.
 */
export class RunBudget {
  /** What the run itself uses of models. */
  readonly own: Budget
  private readonly whole: Budget
  private readonly open = new Map<string, { share: BudgetShare; reservation: Reservation }>()
  private callsOfEnded = 0

  constructor(
    limits: BudgetLimits,
    /** Function calls; absent: as many as it likes. */
    private readonly callLimit: number | undefined,
    recorded: BudgetState | null,
    handedOn: readonly SharedWith[],
  ) {
    // Time is the run's own: a task that it waits for takes that of the run's clock.
    const { wallMs: _, ...shared } = limits
    this.whole = new Budget(shared)
    this.own = recorded ? Budget.resume(recorded, { within: this.whole }) : this.whole.child(limits)
    for (const { delegatedTaskId, share, ended } of handedOn) {
      const reservation = this.whole.hold(chargeOf(share))
      this.open.set(delegatedTaskId, { share, reservation })
      if (ended) this.takeBack(delegatedTaskId, ended.used)
    }
  }

  /** Function calls of the tasks that it handed on: those made, and those that may be made yet. */
  get callsElsewhere(): number {
    const given = [...this.open.values()].reduce((sum, { share }) => sum + (share.calls ?? 0), 0)
    return this.callsOfEnded + given
  }

  /**
   * Reserves a share for a task.
   * @param ownCalls function calls that the run has made
   * @returns the share, or the kind of which too little is left
   */
  handOn(
    delegatedTaskId: string,
    asked: BudgetShare,
    ownCalls: number,
  ): BudgetShare | { usedUp: keyof BudgetShare } {
    const { tokens, costUsd, calls: modelCalls } = this.own.rest()
    const calls = (this.callLimit ?? Infinity) - ownCalls - this.callsElsewhere
    const share = shareOf({ tokens, costUsd, modelCalls, calls }, asked)
    if ('usedUp' in share) return share
    this.open.set(delegatedTaskId, { share, reservation: this.whole.hold(chargeOf(share)) })
    return share
  }

  /** Charges what a task used that has ended, and gives back the rest of its share. Only the first time has an effect. */
  takeBack(delegatedTaskId: string, used: RunUsage): void {
    const known = this.open.get(delegatedTaskId)
    if (!known) return
    this.open.delete(delegatedTaskId)
    known.reservation.settle({ tokens: used.tokens, costUsd: used.costUsd, calls: used.modelCalls })
    this.callsOfEnded += used.calls
  }

  /** By the run and what it handed on; a task that has not ended counts with its whole share. */
  used(ownCalls: number): RunUsage {
    const { spent, reserved } = this.whole.toJSON()
    // Endpoints report what they like.
    return {
      tokens: Math.max(0, Math.ceil(spent.tokens + reserved.tokens)),
      costUsd: Math.max(0, spent.costUsd + reserved.costUsd),
      modelCalls: spent.calls + reserved.calls,
      calls: ownCalls + this.callsElsewhere,
    }
  }
}

/**
 * Of models: of the operator's limits, what the run has a right to, and the agent's own (`budget` in its configuration) the
 * narrowest. A run that was taken over goes on with what is left.
 *
 * @throws RunFailure `invalid-budget`
 */
export function openBudget(
  request: TaskRun,
  operators: BudgetLimits,
  recorded: BudgetState | null,
  handedOn: readonly SharedWith[],
): RunBudget {
  const { calls } = request.rights.budget
  return new RunBudget(recorded?.limits ?? limitsOf(request, operators), calls, recorded, handedOn)
}

function limitsOf(request: TaskRun, operators: BudgetLimits): BudgetLimits {
  const own = request.agent.config.configuration['budget'] ?? {}
  try {
    const { tokens, costUsd, modelCalls } = request.rights.budget
    const held = {
      ...(tokens !== undefined && { tokens }),
      ...(costUsd !== undefined && { costUsd }),
      ...(modelCalls !== undefined && { calls: modelCalls }),
    }
    return narrowLimits(narrowLimits(operators, held), new Budget(own).limits)
  } catch (error) {
    throw new RunFailure('invalid-budget', `the agent's budget cannot be used: ${(error as Error).message}`)
  }
}

export function narrowLimits(one: BudgetLimits, other: BudgetLimits): BudgetLimits {
  const limits: BudgetLimits = { ...one }
  for (const [name, limit] of Object.entries(other) as [keyof BudgetLimits, number | undefined][]) {
    if (limit !== undefined) limits[name] = Math.min(limit, limits[name] ?? Infinity)
  }
  return limits
}

/**
 * What is asked for, as far as it is there; what is not asked for: half of what is left, so that the run can go on with
 * what comes of it, and hand on more beside it.
 * @param rest `Infinity` where nothing is limited
 */
export function shareOf(
  rest: Required<BudgetShare>,
  asked: BudgetShare,
): BudgetShare | { usedUp: keyof BudgetShare } {
  const share: BudgetShare = {}
  for (const kind of kinds) {
    const wish = asked[kind]
    const left = rest[kind]
    const isMoney = kind === 'costUsd'
    if (left === Infinity) {
      if (wish !== undefined) share[kind] = wish
      continue
    }
    if (isMoney ? left <= 0 : left < 1) return { usedUp: kind }
    const half = isMoney ? left / 2 : Math.max(1, Math.floor(left / 2))
    share[kind] = Math.min(wish ?? half, left)
  }
  return share
}

function chargeOf({ tokens = 0, costUsd = 0, modelCalls = 0 }: BudgetShare): BudgetCharge {
  return { tokens, costUsd, calls: modelCalls }
}
