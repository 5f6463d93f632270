import {
  type ApprovalAnswered,
  ApprovalAsk,
  type ApprovalFile,
  type ApprovalRisk,
  ApprovalUsed,
  askIdFor,
  type AskedKind,
  type AskedOption,
} from '@guildhall/contracts'
import { IsNull, type Transaction } from '@guildhall/mysql'
import { Question } from './question.entity.js'
import type { ClaimedRun } from './run.entity.js'
import { RunInterrupted } from './run.failure.js'
import { originNow } from './run.origin.js'
import type { RunRepository } from './run.repository.js'

/** What a person is asked about a step. */
export interface StepQuestion {
  kind: AskedKind
  question: string
  /** Exactly what will happen. */
  subject: object
  /** Files that the call names, as they are now. */
  files: ApprovalFile[]
  /** Default: as the kind has them. */
  options?: AskedOption[]
  risk: ApprovalRisk
}

/**
 * The questions of one run. Nobody waits for an answer with the run in hand: the run is put aside in the transaction that
 * asks, and due again when the answer has come.
 */
export class StepQuestions {
  constructor(
    private readonly runs: RunRepository,
    private readonly run: ClaimedRun,
  ) {}

  /**
   * The answer to a question about a step. Idempotent: a question that waits is not asked again, one whose answer was used
   * is.
   * @param alongside what is written with the question when it is asked
   * @throws RunInterrupted `waiting` as long as there is no answer: the run is put aside then
   */
  async answerTo(
    stepIndex: number,
    { kind, ...asked }: StepQuestion,
    alongside: (tx: Transaction) => void,
  ): Promise<ApprovalAnswered> {
    const { runId, taskId, origin } = this.run
    const answer = await this.runs.fenced(runId, async (tx) => {
      const earlier = await tx.manager.findBy(Question, { runId, stepIndex, kind })
      const open = earlier.find(({ usedAt }) => usedAt === null)
      if (open?.answer) return open.answer
      if (!open) {
        const askId = askIdFor(runId, `${stepIndex}\n${kind}\n${earlier.length}`)
        const askedAt = new Date()
        const unanswered = { answer: null, answeredAt: null, usedAt: null }
        await tx.manager.insert(Question, { askId, runId, stepIndex, kind, askedAt, ...unanswered })
        alongside(tx)
        tx.publish(ApprovalAsk, { taskId, askId, kind, ...asked }, originNow(origin))
      }
      await this.runs.park(tx, runId)
      return undefined
    })
    if (!answer) throw new RunInterrupted('waiting')
    return answer
  }

  /** Under the lock of the run, which every answer takes too: whether this is still what the person says. */
  async isStanding(tx: Transaction, { askId, state }: ApprovalAnswered): Promise<boolean> {
    const question = await tx.manager.findOneBy(Question, { askId, usedAt: IsNull() })
    return question?.answer?.state === state
  }

  /** In the transaction that goes by an answer: it allows nothing else from now on. */
  async use(tx: Transaction, { taskId, askId, approvalId, state }: ApprovalAnswered): Promise<void> {
    await tx.manager.update(Question, { askId }, { usedAt: new Date() })
    if (state === 'approved')
      tx.publish(ApprovalUsed, { taskId, askId, approvalId }, originNow(this.run.origin))
  }
}
