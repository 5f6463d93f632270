import type { AgentConfig, ApprovalState, ApprovalSummary, ApprovalView } from '@guildhall/contracts'
import { shortIds } from '../id.display.js'
import { grantsPairs } from '../rights.rendering.js'
import { renderJson } from '../terminal/json.text.js'
import type { Paint } from '../terminal/paint.js'
import { renderPairs, renderTable } from '../terminal/table.js'
import { duration, escaped, listed, printable, scoreAgainst, shorten, when, wrap } from '../terminal/text.js'

const stateColours: Record<ApprovalState, 'yellow' | 'green' | 'red' | 'gray'> = {
  pending: 'yellow',
  approved: 'green',
  refused: 'red',
  expired: 'gray',
  withdrawn: 'gray',
  superseded: 'gray',
  revoked: 'red',
}

/** Everything that a person needs to decide, exactly what will happen, and what was decided. */
export function renderApproval(approval: ApprovalView, paint: Paint, now = new Date()): string {
  const { match, files, options } = approval
  const pairs = renderPairs(
    [
      ['question', wrap(approval.question, 84).join('\n')],
      ['kind', approval.kind],
      ['risk', approval.risk],
      ...agentPairs(approval, paint),
      ['score', match && scoreAgainst(match.matchScore, match.threshold)],
      [
        'why',
        match && match.reasons.length > 0
          ? match.reasons.flatMap((one) => wrap(one, 84)).join('\n')
          : undefined,
      ],
      [
        'files',
        files.length > 0
          ? files.map((file) => `${file.sha256}  ${escaped(file.path)}`).join('\n')
          : undefined,
      ],
      ['digest', approval.digest],
      ['deadline', deadlineOf(approval, now)],
      ['asked for', printable(approval.requestedBy)],
      ['may answer', approversOf(approval)],
      ['said so far', votesOf(approval)],
      ['answers', approval.state === 'pending' ? options.map(({ answer }) => answer).join(', ') : undefined],
      ['state', paint(stateColours[approval.state], approval.state)],
      ['answer', decisionOf(approval)],
      ['used', approval.usedAt && `${when(approval.usedAt)} UTC`],
      ['comment', approval.comment && printable(approval.comment)],
      ['approval', approval.id],
      ['task', approval.taskId],
    ],
    paint,
  )
  return `${pairs}\n${paint('dim', 'exactly this')}\n${renderJson(approval.subject, '  ')}`
}

export function renderApprovals(approvals: readonly ApprovalSummary[], paint: Paint): string {
  if (approvals.length === 0) return 'No approvals.'
  const short = shortIds(approvals.map(({ id }) => id))
  return renderTable(
    ['id', 'state', 'kind', 'deadline (UTC)', 'question'],
    approvals.map((one) => [
      short.get(one.id) ?? one.id,
      paint(stateColours[one.state], one.state),
      one.kind,
      when(one.deadline),
      shorten(one.question, 40),
    ]),
    paint,
  )
}

/** `once by anna, 2026-01-02 03:04:05 UTC`, or undefined before anything was decided. */
export function decisionOf(approval: ApprovalSummary): string | undefined {
  const { answer, state, decidedBy, decidedAt } = approval
  if (state === 'pending') return undefined
  const by =
    decidedBy === undefined ? (state === 'expired' ? ' by the deadline' : '') : ` by ${printable(decidedBy)}`
  const what = state === 'approved' ? answer : state === 'expired' ? (answer ?? 'refuse') : state
  return `${what ?? state}${by}${decidedAt === undefined ? '' : `, ${when(decidedAt)} UTC`}`
}

function agentPairs({ kind, subject }: ApprovalView, paint: Paint): [string, string | undefined][] {
  if (kind !== 'new-agent') return []
  const { config } = subject as { config: AgentConfig }
  return [
    ['agent', `${paint('bold', printable(config.name))} (${config.runtime})`],
    ['skills', listed(config.skills)],
    ['may call', listed(config.functions)],
    ...grantsPairs(config.grants ?? {}),
  ]
}

function deadlineOf({ deadline, state, defaultAnswer }: ApprovalView, now: Date): string {
  const left = Date.parse(deadline) - now.getTime()
  const rest = state === 'pending' ? ` (in ${duration(left)}, then: ${defaultAnswer})` : ''
  return `${when(deadline)} UTC${rest}`
}

function approversOf({ approvers, escalatedAt, escalatesAt }: ApprovalView): string {
  const { roles, clients, quorum, requesterMayAnswer } = approvers
  const who = [...roles.map((role) => `whoever is ${role}`), ...clients.map(printable)].join(', ')
  return [
    requesterMayAnswer ? who : `${who}; not who asks`,
    ...(quorum > 1 ? [`${quorum} of them to allow it`] : []),
    ...(escalatedAt === undefined ? [] : [`further people since ${when(escalatedAt)} UTC`]),
    ...(escalatesAt === undefined ? [] : [`further people from ${when(escalatesAt)} UTC on`]),
  ].join('\n')
}

function votesOf({ votes, approvers }: ApprovalView): string | undefined {
  if (votes.length === 0 || (approvers.quorum === 1 && votes.length === 1)) return undefined
  return votes
    .map(
      ({ by, answer, comment }) => `${printable(by)}: ${answer}${comment ? ` (${printable(comment)})` : ''}`,
    )
    .join('\n')
}
