import type { ApprovalAnswer } from '@guildhall/contracts'

/** How an approval is answered while somebody waits for the task. */
type ApprovalCourse = { by: 'person' } | { by: 'flag' | 'default'; answer: ApprovalAnswer }

/**
 * A flag decides wherever it is given; else a person at a terminal is asked; else the answer is to refuse.
 * @param flag what `--approve` said
 * @param canAsk whether a person sits at a terminal
 */
export function approvalCourse(flag: ApprovalAnswer | undefined, canAsk: boolean): ApprovalCourse {
  if (flag !== undefined) return { by: 'flag', answer: flag }
  return canAsk ? { by: 'person' } : { by: 'default', answer: 'refuse' }
}

/** What to say about an answer that nobody was asked for. */
export function explainCourse(course: Exclude<ApprovalCourse, { by: 'person' }>): string {
  return course.by === 'flag'
    ? `Answered by --approve ${course.answer}.`
    : 'Refused: there is no terminal to ask at. Say --approve once or --approve permanent to allow it.'
}
