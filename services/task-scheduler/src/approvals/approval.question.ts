import type {
  ApprovalFile,
  ApprovalKind,
  ApprovalOption,
  ApprovalRisk,
  MatchSummary,
  ServiceName,
} from '@guildhall/contracts'
import { newId } from '@guildhall/contracts'
import type { Approval } from './approval.entity.js'
import type { ResolvedRules } from './approval.rules.js'

/** Something that a person is to be asked. */
export interface Question {
  taskId: string
  tenant: string
  kind: ApprovalKind
  question: string
  subject: object
  files: ApprovalFile[]
  digest: string
  options: ApprovalOption[]
  requestedBy: string
  askedBy: ServiceName
  askId?: string
  proposalId?: string
  match?: MatchSummary
  risk?: ApprovalRisk
  /** Default: as the policy says. */
  deadlineMs?: number
}

/** The pending approval that a question becomes under the rules that hold now; later ones do not change it. */
export function pendingApproval(question: Question, rules: ResolvedRules, now: Date): Approval {
  const { askId = null, proposalId = null, match = null, risk = null, deadlineMs, ...asked } = question
  const { escalation } = rules
  const after = (ms: number) => new Date(now.getTime() + ms)
  return {
    ...asked,
    id: newId(),
    askId,
    proposalId,
    match,
    risk,
    state: 'pending',
    approvers: rules.approvers,
    escalation: escalation ? { roles: escalation.roles, clients: escalation.clients } : null,
    escalatesAt: escalation ? after(escalation.afterMs) : null,
    escalatedAt: null,
    defaultAnswer: 'refuse',
    deadline: after(deadlineMs ?? rules.deadlineMs),
    answer: null,
    decidedBy: null,
    decidedAt: null,
    comment: null,
    usedAt: null,
    createdAt: now,
  }
}
