import type { ApprovalState, ApprovalView } from '@guildhall/contracts'
import { shortIds } from '../id.display.js'
import type { Paint } from '../terminal/paint.js'
import { renderPairs, renderTable } from '../terminal/table.js'
import { duration, listed, printable, score, scoreAgainst, shorten, when, wrap } from '../terminal/text.js'

const stateColours: Record<ApprovalState, 'yellow' | 'green' | 'red' | 'gray'> = {
  pending: 'yellow',
  approved: 'green',
  refused: 'red',
  expired: 'gray',
  withdrawn: 'gray',
}

/** Everything that a person needs to decide, and what was decided. */
export function renderApproval(approval: ApprovalView, paint: Paint, now = new Date()): string {
  const { proposal, match } = approval
  const left = Date.parse(approval.deadline) - now.getTime()
  const deadline =
    approval.state === 'pending'
      ? `${when(approval.deadline)} UTC (in ${duration(left)}, then: ${approval.defaultAnswer})`
      : `${when(approval.deadline)} UTC`
  return renderPairs(
    [
      ['question', wrap(approval.question, 84).join('\n')],
      ['agent', `${paint('bold', printable(proposal.name))} (${proposal.runtime})`],
      ['skills', listed(proposal.skills)],
      ['may call', listed(proposal.functions)],
      ['score', scoreAgainst(match.matchScore, match.threshold)],
      ['digest', approval.digest],
      ['deadline', deadline],
      ['state', paint(stateColours[approval.state], approval.state)],
      ['answer', decisionOf(approval)],
      ['comment', approval.comment && printable(approval.comment)],
      ['approval', approval.id],
      ['task', approval.taskId],
    ],
    paint,
  )
}

export function renderApprovals(approvals: readonly ApprovalView[], paint: Paint): string {
  if (approvals.length === 0) return 'No approvals.'
  const short = shortIds(approvals.map(({ id }) => id))
  return renderTable(
    ['id', 'state', 'agent', 'skills', 'score', 'deadline (UTC)'],
    approvals.map((one) => [
      short.get(one.id) ?? one.id,
      paint(stateColours[one.state], one.state),
      shorten(one.proposal.name, 24),
      shorten(one.proposal.skills.join(', '), 28),
      score(one.match.matchScore),
      when(one.deadline),
    ]),
    paint,
  )
}

function decisionOf(approval: ApprovalView): string | undefined {
  if (!approval.answer) return undefined
  const by = approval.decidedBy ? `by ${printable(approval.decidedBy)}` : 'by the deadline'
  return `${approval.answer} ${by}${approval.decidedAt ? `, ${when(approval.decidedAt)} UTC` : ''}`
}
