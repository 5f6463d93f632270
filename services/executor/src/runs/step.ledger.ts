import { canonicalDigest } from '@guildhall/contracts'
import type { BudgetState, CallPosition, RecordedTurn } from '@guildhall/models'
import type { Transaction } from '@guildhall/mysql'
import { unaskable } from '../functions/call.question.js'
import { InvalidArgumentsError } from '../functions/function.definition.js'
import { type FunctionOutcome, leftOut, notPermitted, notStarted } from '../functions/function.outcome.js'
import { verdictOn } from './answer.verdict.js'
import { CallOrder } from './call.order.js'
import {
  asRow,
  changeOfTool,
  type FunctionStep,
  refuseOther,
  refuseOtherArguments,
  type StepWork,
} from './function.step.js'
import { type LedgerWrite, LedgerWriter } from './ledger.writer.js'
import type { RunControl } from './run.control.js'
import type { ClaimedRun } from './run.entity.js'
import { RunFailure } from './run.failure.js'
import type { RunRepository } from './run.repository.js'
import { Step } from './step.entity.js'
import { StepQuestions } from './step.questions.js'
import { StepRecord } from './step.record.js'
import { StepReports } from './step.reports.js'
import { putSteps } from './step.rows.js'

/**
 * The effect ledger of one run: each call's intent is committed before it and its outcome after it, with the messages
 * that say so; so are the turns of its model. What was recorded before a crash is answered from the record.
 *
 * The outcome of a call, and what a model said, is committed with the next intent, or in the next turn of the event loop:
 * nothing outside of the run may come from it before that, which `settle` waits for. What is said of it is published
 * behind the commit, and in its order.
 */
export class StepLedger {
  private readonly record: StepRecord
  private readonly questions: StepQuestions
  private readonly reports: StepReports
  private readonly writer: LedgerWriter
  private readonly order = new CallOrder()
  /** Begun before this process took the run, and without an outcome. */
  private readonly open: Set<Step>

  constructor(
    private readonly runs: RunRepository,
    private readonly run: ClaimedRun,
    private readonly control: RunControl,
    recorded: readonly Step[],
  ) {
    this.record = new StepRecord(run.runId, recorded)
    this.questions = new StepQuestions(runs, run)
    this.reports = new StepReports(run)
    this.writer = new LedgerWriter(runs, run.runId, control.shutdownSignal)
    this.open = new Set(recorded.filter(({ state }) => state !== 'done'))
  }

  /**
   * Makes a call once: a recorded one is answered from the record, one that needs a person's consent waits for it, and one
   * that may have been made before a crash is made again only if a person says so, or if it is repeatable. One that finds
   * its tool changed has done nothing, and is made when a person allows the tool as it is now. Calls may be asked for at
   * the same time, in their order; those that are not repeatable, or that a person is asked about, are made alone.
   *
   * @throws RunFailure `unknown-outcome` when nobody says so; RunInterrupted `waiting` for a person's answer, between
   * steps, and after a call that was cut off from outside; a call that was cut off by a lost lease or a shutdown gets no
   * outcome, since nobody can tell how far it came; InvalidArgumentsError of the work, which is on record as not started
   */
  async call(step: FunctionStep, work: StepWork): Promise<FunctionOutcome> {
    const index = this.record.takeIndex(step.position)
    const argumentsDigest = canonicalDigest(step.arguments)
    const recorded = this.record.at(index)
    if (recorded) refuseOther(recorded, step)
    if (recorded?.state === 'done' || recorded?.state === 'waiting')
      refuseOtherArguments(recorded, step, argumentsDigest)
    if (recorded?.state === 'done') return recorded.outcome as FunctionOutcome
    const row = recorded ?? this.record.add(index, { kind: 'function-call', ...asRow(step), argumentsDigest })
    const isUnknown = this.open.has(row) && row.state === 'intent' && !row.repeatable
    // Begun and allowed already: it asks for its outcome.
    const isWaiting = row.state === 'waiting'
    const isAsked = !isWaiting && (isUnknown || step.needsConsent || row.state === 'asking')
    const isAlone = !step.repeatable || isAsked
    const ask = (isUnknown: boolean) => this.callIfAllowed(row, step, argumentsDigest, work, isUnknown)
    const made = await this.order.run(!isAlone, async () => {
      this.control.checkpoint()
      if (isAsked) return ask(isUnknown)
      if (isWaiting) return this.work(row, work)
      if (this.open.delete(row)) begunAgain(row, { argumentsDigest })
      await this.writer.write({ step: row, alongside: this.reports.started(row) })
      if (!step.repeatable) await this.takeBackIfLeft(row)
      const outcome = await this.work(row, work)
      return isAlone && changeOfTool(row) ? ask(false) : outcome
    })
    // Nothing may be under way beside a question.
    const ended = changeOfTool(row) ? await this.order.run(false, () => ask(false)) : made
    if (ended instanceof InvalidArgumentsError) throw ended
    return ended
  }

  /** How many calls of this run came before the one at this position, those refused among them. */
  callsBefore(position?: CallPosition): number {
    return this.record.callsBefore(position)
  }

  /** How many calls of this run there are, those refused among them and those under way. */
  get calls(): number {
    return this.record.calls
  }

  /** In their order: what the model said so far. */
  recordedTurns(): RecordedTurn[] {
    return this.record.finishedTurns
  }

  /**
   * Puts on record that a model is about to be asked, and what is reserved for it: for a turn, also for its second try. A
   * turn without an outcome may have been paid for; whoever takes the run over asks again, and says so.
   */
  async beginTurn(budget: BudgetState): Promise<void> {
    const index = this.record.nextTurnIndex
    const known = this.record.at(index)
    const row = known ?? this.record.add(index, { kind: 'model-turn', name: 'model', repeatable: true })
    const isAgain = this.open.delete(row)
    if (isAgain) begunAgain(row)
    const say = isAgain ? this.reports.turnBegunAgain(row) : undefined
    const isNew = isAgain || !known
    await this.writer.write({ ...(isNew && { step: row }), budget, ...(say && { alongside: say }) })
  }

  /** Tells people something about the model turn under way, behind what was put on record before. It is not kept. */
  sayOfTurn(name: string, output: string): Promise<void> {
    const say = this.reports.ofTurn(this.record.nextTurnIndex, name, output)
    return this.writer.write({ alongside: say })
  }

  /**
   * Keeps what the model said and what is used up of the budget, before or together with the intent of any call that it
   * asked for. A summary of earlier turns is a turn of its own, without calls.
   */
  recordTurn(turn: RecordedTurn, budget: BudgetState): void {
    const index = this.record.nextTurnIndex
    const name = nameOf(turn)
    const row =
      this.record.at(index) ?? this.record.add(index, { kind: 'model-turn', name, repeatable: true })
    this.record.finishTurn(Object.assign(row, { name }), turn)
    const say = this.reports.turnFinished(row, turn)
    this.writer.writeSoon({ step: row, budget, alongside: say })
  }

  /**
   * Resolves when everything that happened is committed and said.
   * @throws RunInterrupted `lease-lost`; OutageError
   */
  async settle(): Promise<void> {
    await this.writer.idle()
    await this.runs.said(this.run.taskId)
  }

  private async callIfAllowed(
    row: Step,
    step: FunctionStep,
    argumentsDigest: string,
    work: StepWork,
    isUnknown: boolean,
  ): Promise<FunctionOutcome | InvalidArgumentsError> {
    const question = await step.question(isUnknown ? 'unknown' : 'consent', changeOfTool(row))
    const problem = unaskable(question)
    if (problem !== undefined) {
      if (isUnknown) throw unknownOutcome(row, problem)
      if (row.state !== 'asking') await this.writer.write({ step: row, alongside: this.reports.started(row) })
      return this.leave(row, notPermitted(problem), argumentsDigest)
    }
    // Whoever asks puts the run aside, and can write nothing more.
    await this.writer.idle()
    const answered = await this.questions.answerTo(row.index, question, (tx) => {
      if (!isUnknown) putSteps(tx, [Object.assign(row, { state: 'asking' })])
    })
    const verdict = verdictOn(answered, question)
    if (verdict.way === 'no' && isUnknown) throw unknownOutcome(row, verdict.reason)
    if (verdict.way !== 'ahead') {
      const outcome =
        verdict.way === 'past' ? (step.answered?.(answered) ?? leftOut) : notPermitted(verdict.reason)
      return this.leave(row, outcome, argumentsDigest, (tx) => this.questions.use(tx, answered))
    }
    const isAgain = this.open.delete(row) && isUnknown
    const begun = {
      ...row,
      state: 'intent' as const,
      startedAt: new Date(),
      begun: row.begun + Number(isAgain),
    }
    const say = this.reports.started(begun)
    const isBegun = await this.runs.fenced(this.run.runId, async (tx) => {
      if (!(await this.questions.isStanding(tx, answered))) return false
      await this.questions.use(tx, answered)
      putSteps(tx, [begun])
      say(tx)
      return true
    })
    // Taken back in this moment: the newer answer decides.
    if (!isBegun) return this.callIfAllowed(row, step, argumentsDigest, work, isUnknown)
    const isAllowed = changeOfTool(row) !== undefined
    const made = await this.work(Object.assign(row, begun), work)
    const hasChanged = !isAllowed && changeOfTool(row) !== undefined
    return hasChanged ? this.callIfAllowed(row, step, argumentsDigest, work, false) : made
  }

  /**
   * The intent may have waited for the database for longer than the lease lasts. Nothing has been done yet, so whoever goes on
   * with the run finds no call that may have been made.
   */
  private async takeBackIfLeft({ index }: Step): Promise<void> {
    if (!this.control.isLeft) return
    const { runId } = this.run
    await this.writer.write({ alongside: (tx) => tx.manager.delete(Step, { runId, index }) })
    this.control.checkpoint()
  }

  /** Records what became of a call that is not made, with the arguments that it has now. */
  private async leave(
    row: Step,
    outcome: FunctionOutcome,
    argumentsDigest: string,
    alongside?: (tx: Transaction) => Promise<void>,
  ): Promise<FunctionOutcome> {
    await this.writer.write(this.ending(Object.assign(row, { argumentsDigest }), outcome, alongside))
    return outcome
  }

  /** @returns an error that says nothing about the run: the call was not made, and others may be */
  private async work(row: Step, work: StepWork): Promise<FunctionOutcome | InvalidArgumentsError> {
    const allowed = changeOfTool(row)
    const outcome = await work(row.index, allowed).catch((error: unknown) => {
      if (error instanceof InvalidArgumentsError) return error
      throw error
    })
    if (outcome instanceof InvalidArgumentsError) {
      this.writer.writeSoon(this.ending(row, notStarted(outcome.message, true)))
      return outcome
    }
    if (this.control.isLeft) this.control.checkpoint()
    // Allowed as it was, it has changed once more: it is called another time, or not at all.
    if (outcome.changed && !allowed) Object.assign(row, { outcome })
    else this.writer.writeSoon(this.ending(row, outcome))
    this.control.signal.throwIfAborted()
    return outcome
  }

  private ending(
    row: Step,
    outcome: FunctionOutcome,
    alongside?: (tx: Transaction) => Promise<void>,
  ): LedgerWrite {
    Object.assign(row, { state: 'done', outcome, finishedAt: new Date() })
    const say = this.reports.finished(row, outcome)
    return {
      step: row,
      alongside: async (tx) => {
        await alongside?.(tx)
        say(tx)
      },
    }
  }
}

function begunAgain(row: Step, over: Partial<Step> = {}): void {
  Object.assign(row, { begun: row.begun + 1, startedAt: new Date(), ...over })
}

function nameOf({ kind, model }: RecordedTurn): string {
  const name = model || 'model'
  return (kind === 'summary' ? `summary by ${name}` : name).slice(0, 200)
}

function unknownOutcome({ index, name }: Step, reason: string): RunFailure {
  const message = `the executor stopped during step ${index} (${name}), which may have had its effect; it is not done again: ${reason}`
  return new RunFailure('unknown-outcome', message)
}
