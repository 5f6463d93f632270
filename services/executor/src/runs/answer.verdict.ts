import { type ApprovalAnswered, type ApprovalContent, matchesApproval } from '@guildhall/contracts'

/**
 * `ahead`: the step is done. `past`: it is not, and the run goes on; a question is answered in this way. `no`: it is not
 * done, and here is why.
 */
export type Verdict = { way: 'ahead' } | { way: 'past' } | { way: 'no'; reason: string }

/**
 * What an answer means for a step that is about to begin.
 * @param content what is about to happen, with the arguments as they will be used and the files hashed anew
 */
export function verdictOn(answered: ApprovalAnswered, content: ApprovalContent): Verdict {
  const { state, kind, answer } = answered
  if (state !== 'approved') return { way: 'no', reason: reasonOf(answered) }
  if (!matchesApproval(answered, content)) {
    const reason =
      'what would be done is no longer what was approved: its arguments, or a file that it names, have changed since'
    return { way: 'no', reason }
  }
  if (kind === 'question') return { way: 'past' }
  if (kind !== 'unknown-effect') return { way: 'ahead' }
  if (answer === 'retry') return { way: 'ahead' }
  if (answer === 'skip') return { way: 'past' }
  return { way: 'no', reason: `${JSON.stringify(answer)} is no answer to it` }
}

function reasonOf({ kind, state, decidedBy, comment }: ApprovalAnswered): string {
  const isQuestion = kind === 'question'
  const said = comment === undefined ? '' : `: ${comment}`
  switch (state) {
    case 'expired':
      return `${isQuestion ? 'nobody answered' : 'nobody allowed it'} in time${said}`
    case 'refused':
      return `${decidedBy ?? 'a rule'} ${isQuestion ? 'did not answer' : 'refused it'}${said}`
    case 'revoked':
      return `it was allowed, and taken back before it began${said}`
    case 'approved':
    case 'superseded':
    case 'withdrawn':
      return `the question about it was ${state}${said}`
  }
}
