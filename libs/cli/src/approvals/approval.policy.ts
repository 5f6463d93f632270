import type { ApprovalAnswer, ApprovalView, PlainAnswer } from '@guildhall/contracts'
import { UsageError } from '../exit.codes.js'

/** How an approval is answered while somebody waits for the task. */
export type ApprovalCourse =
  | { by: 'person' }
  | { by: 'flag' | 'default'; answer: ApprovalAnswer; why: string }
  /** It is not for this client to answer. */
  | { by: 'others'; why: string }

interface Waiting {
  /** What `--approve` said. */
  flag?: PlainAnswer | undefined
  /** Whether a person sits at a terminal. */
  canAsk: boolean
  /** Who waits. */
  clientId: string
}

/** A flag decides wherever it is given; else a person at a terminal is asked; else the answer is to refuse. */
export function approvalCourse(
  approval: Pick<ApprovalView, 'id' | 'kind' | 'options' | 'approvers' | 'requestedBy'>,
  { flag, canAsk, clientId }: Waiting,
): ApprovalCourse {
  const { id, approvers, requestedBy } = approval
  if (requestedBy === clientId && !approvers.requesterMayAnswer) {
    return { by: 'others', why: `Somebody else has to answer: guildhall approvals show ${id}` }
  }
  if (flag !== undefined) {
    const answer = flaggedAnswer(approval, flag)
    const because = answer === 'refuse' && flag !== 'refuse' ? `: --approve ${flag} is no answer to it` : ''
    return { by: 'flag', answer, why: because ? `Refused${because}.` : `Answered by --approve ${flag}.` }
  }
  if (canAsk) return { by: 'person' }
  const why =
    'Refused: there is no terminal to ask at. Say --approve once or --approve permanent to allow it.'
  return { by: 'default', answer: 'refuse', why }
}

/** What a flag, given before the question was known, says to it; what it does not clearly allow is refused. */
function flaggedAnswer({ kind, options }: Pick<ApprovalView, 'kind' | 'options'>, flag: PlainAnswer): string {
  const wanted = [
    flag,
    ...(flag === 'permanent' ? ['once'] : []),
    ...(kind === 'agent-choice' ? ['agent:1'] : []),
  ]
  if (flag === 'refuse') return flag
  return wanted.find((answer) => options.some((option) => option.answer === answer)) ?? 'refuse'
}

/**
 * The answer that `approvals approve` gives.
 * @param choose the number of a candidate or an option, or any answer that is offered
 * @throws UsageError when it is not offered, or when several are and none is named
 */
export function allowingAnswer(
  options: ApprovalView['options'],
  { permanent, choose }: { permanent?: boolean; choose?: string },
): ApprovalAnswer {
  const offered = options.map(({ answer }) => answer).filter((answer) => answer !== 'refuse')
  const numbered = offered.find(
    (answer) => /^(?:agent|option):/.test(answer) && answer.endsWith(`:${choose}`),
  )
  const named = numbered ?? choose
  const wanted = named ?? (permanent ? 'permanent' : offered.length === 1 ? offered[0] : 'once')
  if (wanted !== undefined && offered.includes(wanted)) return wanted
  const choices = offered.map((answer) => answer.replace(/^(?:agent|option):/, '')).join(', ')
  throw new UsageError(`Say which: --choose one of ${choices}.`)
}
