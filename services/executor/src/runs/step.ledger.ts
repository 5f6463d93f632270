import { type ApprovalAnswered, canonicalDigest, RunProgressed, type StepReport } from '@guildhall/contracts'
import type { BudgetState, ConversationTurn } from '@guildhall/models'
import type { Transaction } from '@guildhall/mysql'
import { unaskable } from '../functions/call.question.js'
import { type FunctionOutcome, leftOut, notPermitted } from '../functions/function.outcome.js'
import { verdictOn } from './answer.verdict.js'
import type { RunControl } from './run.control.js'
import type { ClaimedRun } from './run.entity.js'
import { RunFailure } from './run.failure.js'
import { originNow } from './run.origin.js'
import type { RunRepository } from './run.repository.js'
import { Step } from './step.entity.js'
import { type StepQuestion, StepQuestions } from './step.questions.js'

export interface FunctionStep {
  /** The step's id in the skill, or the function's name. */
  name: string
  function: string
  arguments: unknown
  repeatable: boolean
  /** A person has to allow the call before it is made. */
  needsConsent: boolean
  /**
   * What a person is asked: whether the call may be made (`consent`), or what to do about one that may have been made
   * (`unknown`). The same until something changes that the answer depends on.
   */
  question(about: 'consent' | 'unknown'): Promise<StepQuestion>
  /** Of a step that is nothing but a question: what its answer means. */
  answered?: (answer: ApprovalAnswered) => FunctionOutcome
}

const reportedOutputChars = 2_000

/**
 * The effect ledger of one run: each call's intent is committed before it and its outcome after it, with the messages
 * that say so. Steps recorded before a crash are answered from the record, in the same order.
 */
export class StepLedger {
  private cursor = 0
  private readonly questions: StepQuestions

  constructor(
    private readonly runs: RunRepository,
    private readonly run: ClaimedRun,
    private readonly control: RunControl,
    /** By index, all done; the last one may be a call that a person has to be asked about. */
    private readonly steps: Step[],
  ) {
    this.questions = new StepQuestions(runs, run)
  }

  /**
   * Makes a call once: a recorded one is answered from the record, one that needs a person's consent waits for it, and one
   * that may have been made before a crash is made again only if a person says so.
   *
   * @throws RunFailure `unknown-outcome` when nobody says so; RunInterrupted `waiting` for a person's answer, between
   * steps, and after a call that was cut off from outside; a call that was cut off by a lost lease or a shutdown gets no
   * outcome, since nobody can tell how far it came
   */
  async call(step: FunctionStep, work: (stepIndex: number) => Promise<FunctionOutcome>): Promise<FunctionOutcome> {
    const argumentsDigest = canonicalDigest(step.arguments)
    const recorded = this.steps[this.cursor]
    if (recorded?.state === 'done') return this.replay(recorded, step, argumentsDigest)
    this.control.checkpoint()
    const row = recorded ?? this.newCall(step, argumentsDigest)
    if (recorded || step.needsConsent) return this.callIfAllowed(row, step, argumentsDigest, work)
    await this.insert(row)
    return this.work(row, work)
  }

  private async callIfAllowed(
    row: Step,
    step: FunctionStep,
    argumentsDigest: string,
    work: (stepIndex: number) => Promise<FunctionOutcome>,
  ): Promise<FunctionOutcome> {
    const isUnknown = row.state === 'intent' && row.index < this.steps.length
    const question = await step.question(isUnknown ? 'unknown' : 'consent')
    const problem = unaskable(question)
    if (problem !== undefined) {
      if (isUnknown) throw unknownOutcome(row, problem)
      if (row.state !== 'asking') await this.insert(row)
      return this.leave(row, notPermitted(problem), argumentsDigest)
    }
    const answered = await this.questions.answerTo(row.index, question, async (tx) => {
      if (!isUnknown) await tx.manager.insert(Step, Object.assign(row, { state: 'asking' as const }))
    })
    const verdict = verdictOn(answered, question)
    if (verdict.way === 'no' && isUnknown) throw unknownOutcome(row, verdict.reason)
    if (verdict.way !== 'ahead') {
      const outcome =
        verdict.way === 'past' ? (step.answered?.(answered) ?? leftOut) : notPermitted(verdict.reason)
      return this.leave(row, outcome, argumentsDigest, (tx) => this.questions.use(tx, answered))
    }
    const isBegun = await this.runs.fenced(this.run.runId, async (tx) => {
      if (!(await this.questions.isStanding(tx, answered))) return false
      await this.questions.use(tx, answered)
      const { runId, index } = row
      const begun = { state: 'intent' as const, startedAt: new Date() }
      await tx.manager.update(Step, { runId, index }, begun)
      this.report(tx, Object.assign(row, begun), { state: 'started' })
      return true
    })
    // Taken back in this moment: the newer answer decides.
    return isBegun ? this.work(row, work) : this.callIfAllowed(row, step, argumentsDigest, work)
  }

  private async insert(row: Step): Promise<void> {
    await this.runs.fenced(this.run.runId, async (tx) => {
      await tx.manager.insert(Step, row)
      this.report(tx, row, { state: 'started' })
    })
  }

  /** Records what became of a call that is not made, with the arguments that it has now. */
  private async leave(
    row: Step,
    outcome: FunctionOutcome,
    argumentsDigest: string,
    alongside?: (tx: Transaction) => Promise<void>,
  ): Promise<FunctionOutcome> {
    await this.record(Object.assign(row, { argumentsDigest }), outcome, alongside)
    return outcome
  }

  private async work(row: Step, work: (stepIndex: number) => Promise<FunctionOutcome>): Promise<FunctionOutcome> {
    const outcome = await work(row.index)
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

  private newCall(step: FunctionStep, argumentsDigest: string): Step {
    return this.newRow({
      kind: 'function-call',
      name: step.name,
      functionName: step.function,
      argumentsDigest,
      repeatable: step.repeatable,
      startedAt: new Date(),
    })
  }

  private async record(
    row: Step,
    outcome: FunctionOutcome,
    alongside?: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    Object.assign(row, { state: 'done', outcome, finishedAt: new Date() })
    await this.runs.fencedThroughOutage(this.run.runId, this.control.shutdownSignal, async (tx) => {
      const { runId, index, state, finishedAt, argumentsDigest } = row
      await tx.manager.update(Step, { runId, index }, { state, outcome, finishedAt, argumentsDigest })
      await alongside?.(tx)
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
    this.steps[row.index] = row
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

function unknownOutcome({ index, name }: Step, reason: string): RunFailure {
  const message = `the executor stopped during step ${index} (${name}), which may have had its effect; it is not done again: ${reason}`
  return new RunFailure('unknown-outcome', message)
}
