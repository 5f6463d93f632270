import { RunProgressed, type StepReport } from '@guildhall/contracts'
import { callsOf, type RecordedTurn } from '@guildhall/models'
import type { Transaction } from '@guildhall/mysql'
import type { FunctionOutcome } from '../functions/function.outcome.js'
import type { ClaimedRun } from './run.entity.js'
import { originNow } from './run.origin.js'
import type { Step } from './step.entity.js'

const outputChars = 2_000
const askedAgain =
  'asked again: the executor stopped before an answer was on record, and an earlier request may have been paid for'

type ReportedStep = Pick<Step, 'index' | 'kind' | 'name'> & Partial<Step>
/** Says it in the transaction that it is given. */
export type Saying = (tx: Transaction) => void

/** What people are told about the steps of a run: made now, in the span that is active, and said with a transaction. */
export class StepReports {
  constructor(private readonly run: ClaimedRun) {}

  started(step: ReportedStep): Saying {
    return this.saying(step, { state: 'started' })
  }

  finished(
    step: ReportedStep,
    { ending, exitCode, tookMs, sandbox, stdout, stderr }: FunctionOutcome,
  ): Saying {
    return this.saying(step, {
      state: 'finished',
      ending,
      ...(exitCode !== undefined && { exitCode }),
      tookMs,
      ...(sandbox && { sandbox }),
      output: stdout || stderr,
    })
  }

  turnBegunAgain(step: ReportedStep): Saying {
    return this.saying(step, { state: 'started', output: askedAgain })
  }

  /** Something about the turn at this index while it is under way. */
  ofTurn(index: number, name: string, output: string): Saying {
    return this.saying({ index, kind: 'model-turn', name }, { state: 'started', output })
  }

  turnFinished(step: ReportedStep, turn: RecordedTurn): Saying {
    const { text, usage, costUsd } = turn
    const asked = callsOf(turn).map((call) => `${call.name}(${call.argumentsText})`)
    return this.saying(step, {
      state: 'finished',
      output: [text, ...asked].join('\n'),
      ...(usage && { usage }),
      ...(costUsd !== undefined && { costUsd }),
    })
  }

  private saying(
    { index, kind, name, functionName, functionVersion, argumentsDigest }: ReportedStep,
    more: Partial<StepReport> & Pick<StepReport, 'state'>,
  ): Saying {
    const step: StepReport = {
      index,
      kind,
      name,
      ...(functionName && { function: functionName }),
      ...(functionVersion && { functionVersion }),
      ...(argumentsDigest && { argumentsDigest }),
      ...more,
      ...(more.output !== undefined && { output: more.output.slice(0, outputChars) }),
    }
    const { taskId, runId } = this.run
    const origin = originNow(this.run.origin)
    return (tx) => tx.publish(RunProgressed, { taskId, runId, step }, origin)
  }
}
