import type {
  ApprovalDenial,
  ApprovalPolicyView,
  ApprovalSettings,
  ApproverRoster,
  AutoApproval,
} from '@guildhall/contracts'
import type { Paint } from '../terminal/paint.js'
import { renderPairs } from '../terminal/table.js'
import { duration, printable, when } from '../terminal/text.js'

export function renderApprovalPolicy(policy: ApprovalPolicyView, paint: Paint): string {
  const { version, rules, uses, author, createdAt, tenant } = policy
  const settings: [string, ApprovalSettings][] = [
    ...(rules.tasks ?? []).map((one): [string, ApprovalSettings] => [`task ${one.task}`, one]),
    ...(rules.agents ?? []).map((one): [string, ApprovalSettings] => [`agent ${printable(one.agent)}`, one]),
    ['everything', rules],
  ]
  const by =
    author && createdAt ? `by ${printable(author)}, ${when(createdAt)} UTC` : 'by nobody: the defaults'
  return renderPairs(
    [
      ['tenant', printable(tenant)],
      ['version', paint('bold', String(version))],
      ['set', by],
      ...(rules.deny ?? []).map((one) => [paint('red', 'denied'), denialText(one)] as const),
      ...settings.flatMap(([name, one]) => [
        [name, settingsText(one)] as const,
        ...(one.allow ?? []).map((rule) => ['', allowanceText(rule, uses[rule.name] ?? 0)] as const),
      ]),
    ],
    paint,
  )
}

function settingsText({
  approvers,
  quorum,
  requesterMayAnswer,
  deadlineMs,
  escalation,
}: ApprovalSettings): string {
  const shown = [
    approvers && `answered by ${rosterText(approvers)}`,
    quorum !== undefined && `${quorum} to allow it`,
    requesterMayAnswer !== undefined && `${requesterMayAnswer ? 'also' : 'not'} by who asks`,
    deadlineMs !== undefined && `within ${duration(deadlineMs)}`,
    escalation && `after ${duration(escalation.afterMs)} also by ${rosterText(escalation)}`,
  ].filter((text) => typeof text === 'string')
  return shown.length > 0 ? shown.join(', ') : 'the defaults'
}

function rosterText({ roles = [], clients = [] }: ApproverRoster): string {
  return [...roles.map((role) => `whoever is ${role}`), ...clients.map(printable)].join(', ')
}

function allowanceText(rule: AutoApproval, uses: number): string {
  return `approves ${filterText(rule)}: ${uses} of ${rule.count} until ${when(rule.until)} UTC (${rule.name})`
}

function denialText(rule: ApprovalDenial): string {
  return `${filterText(rule)} (${rule.name})${rule.reason ? `: ${printable(rule.reason)}` : ''}`
}

function filterText({ kinds, functions, agents }: ApprovalDenial): string {
  return [
    (kinds ?? ['every kind']).join(', '),
    ...(functions ? [`of ${functions.map(printable).join(', ')}`] : []),
    ...(agents ? [`for ${agents.map(printable).join(', ')}`] : []),
  ].join(' ')
}
