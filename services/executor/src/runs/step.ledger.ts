import { canonicalDigest, RunProgressed, type StepReport } from '@guildhall/contracts'
import type { BudgetState, ConversationTurn } from '@guildhall/models'
import type { Transaction } from '@guildhall/mysql'
import type { FunctionOutcome } from '../functions/function.outcome.js'
import type { RunControl } from './run.control.js'
import type { ClaimedRun } from './run.entity.js'
import { originNow } from './run.origin.js'
import type { RunRepository } from './run.repository.js'
import { Step } from './step.entity.js'

export interface FunctionStep {
  /** The step's id in the skill, or the function's name. */
  name: string
  function: string
  arguments: unknown
  repeatable: boolean
}

const reportedOutputChars = 2_000

/**
 * The effect ledger of one run: each call's intent is committed before it and its outcome after it, with the messages
 * that say so. Steps recorded before a crash are answered from the record, in the same order.
 */
export class StepLedger {
  private cursor = 0

  constructor(
    private readonly runs: RunRepository,
    private readonly run: ClaimedRun,
    private readonly control: RunControl,
    /** By index, all done. */
    private readonly steps: Step[],
  ) {}

  /**
   * @throws RunInterrupted between steps, and after a call that was cut off from outside; a call that was cut off by a
   * lost lease or a shutdown gets no outcome, since nobody can tell how far it came
   */
  async call(step: FunctionStep, work: () => Promise<FunctionOutcome>): Promise<FunctionOutcome> {
    const argumentsDigest = canonicalDigest(step.arguments)
    const recorded = this.steps[this.cursor]
    if (recorded) return this.replay(recorded, step, argumentsDigest)
    this.control.checkpoint()
    const row = await this.intend(step, argumentsDigest)
    const outcome = await work()
    const { interruption } = this.control
    if (interruption === 'lease-lost' || interruption === 'handed-over') this.control.checkpoint()
    await this.record(row, outcome)
    this.control.signal.throwIfAborted()
    return outcome
  }

  /** How many calls of this run came before the next one, those refused among them. */
  get calls(): number {
    return this.steps.slice(0, this.cursor).filter((step) => step.kind === 'function-call').length
  }

  /** What the run had used up of models when it was claimed; null when it had asked none. */
  get recordedBudget(): BudgetState | null {
    return this.run.modelBudget
  }

  /** Keeps what is reserved for the next request, before it is sent. */
  async keepBudget(budget: BudgetState): Promise<void> {
    await this.runs.fenced(this.run.runId, (tx) => this.runs.keepBudget(tx, this.run.runId, budget))
  }

  /** Tells people something about the model turn under way. It is not kept. */
  async sayOfTurn(name: string, output: string): Promise<void> {
    const { taskId, runId, origin } = this.run
    const index = this.steps.length
    const step: StepReport = {
      index,
      kind: 'model-turn',
      name,
      state: 'started',
      output: output.slice(0, reportedOutputChars),
    }
    await this.runs.fenced(runId, (tx) => {
      tx.publish(RunProgressed, { taskId, runId, step }, originNow(origin))
      return Promise.resolve()
    })
  }

  /** Keeps what the model said and what is used up of the budget, before any call that it asked for. */
  async recordTurn(turn: ConversationTurn, budget: BudgetState): Promise<void> {
    this.skipTurns()
    const now = new Date()
    const { text, toolCalls, usage, costUsd } = turn
    const row = this.newRow({
      kind: 'model-turn',
      name: turn.model.slice(0, 200) || 'model',
      repeatable: true,
      startedAt: now,
    })
    const done = Object.assign(row, { state: 'done' as const, outcome: turn, finishedAt: now })
    await this.runs.fencedThroughOutage(this.run.runId, this.control.shutdownSignal, async (tx) => {
      await tx.manager.insert(Step, done)
      await this.runs.keepBudget(tx, this.run.runId, budget)
      const asked = toolCalls.map((call) => `${call.name}(${call.argumentsText})`)
      this.report(tx, done, {
        state: 'finished',
        output: [text, ...asked].join('\n').slice(0, reportedOutputChars),
        ...(usage && { usage }),
        ...(costUsd !== undefined && { costUsd }),
      })
    })
    this.steps.push(done)
    this.cursor += 1
  }

  recordedTurns(): ConversationTurn[] {
    return this.steps
      .filter((step) => step.kind === 'model-turn')
      .map((step) => step.outcome as ConversationTurn)
  }

  /** Passes over recorded turns: the calls that follow are those of the turn at hand. */
  skipTurns(): void {
    while (this.steps[this.cursor]?.kind === 'model-turn') this.cursor += 1
  }

  private replay(recorded: Step, step: FunctionStep, argumentsDigest: string): FunctionOutcome {
    if (recorded.functionName !== step.function || recorded.argumentsDigest !== argumentsDigest) {
      throw new Error(
        `step ${recorded.index} was recorded as ${recorded.name} with other arguments than ${step.name} has now`,
      )
    }
    this.cursor += 1
    return recorded.outcome as FunctionOutcome
  }

  private async intend(step: FunctionStep, argumentsDigest: string): Promise<Step> {
    const row = this.newRow({
      kind: 'function-call',
      name: step.name,
      functionName: step.function,
      argumentsDigest,
      repeatable: step.repeatable,
      startedAt: new Date(),
    })
    await this.runs.fenced(this.run.runId, async (tx) => {
      await tx.manager.insert(Step, row)
      this.report(tx, row, { state: 'started' })
    })
    return row
  }

  private async record(row: Step, outcome: FunctionOutcome): Promise<void> {
    Object.assign(row, { state: 'done', outcome, finishedAt: new Date() })
    await this.runs.fencedThroughOutage(this.run.runId, this.control.shutdownSignal, async (tx) => {
      const { runId, index, state, finishedAt } = row
      await tx.manager.update(Step, { runId, index }, { state, outcome, finishedAt })
      const { ending, exitCode, tookMs, stdout, stderr } = outcome
      const output = (stdout || stderr).slice(0, reportedOutputChars)
      this.report(tx, row, {
        state: 'finished',
        ending,
        ...(exitCode !== undefined && { exitCode }),
        tookMs,
        output,
      })
    })
    this.steps.push(row)
    this.cursor += 1
  }

  private report(tx: Transaction, row: Step, more: Partial<StepReport> & Pick<StepReport, 'state'>): void {
    const { index, kind, name, functionName, argumentsDigest } = row
    const step: StepReport = {
      index,
      kind,
      name,
      ...(functionName !== null && { function: functionName }),
      ...(argumentsDigest !== null && { argumentsDigest }),
      ...more,
    }
    const { taskId, runId, origin } = this.run
    tx.publish(RunProgressed, { taskId, runId, step }, originNow(origin))
  }

  private newRow(over: Pick<Step, 'kind' | 'name' | 'repeatable' | 'startedAt'> & Partial<Step>): Step {
    return {
      runId: this.run.runId,
      index: this.steps.length,
      functionName: null,
      argumentsDigest: null,
      state: 'intent',
      outcome: null,
      finishedAt: null,
      ...over,
    }
  }
}
