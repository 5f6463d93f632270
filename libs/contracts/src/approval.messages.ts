import { IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Matches, Max, Min } from 'class-validator'
import type { MatchSummary } from './match.messages.js'
import type { Role, ServiceName } from './service.names.js'

/** The questions that a person may be asked. */
export const approvalKinds = [
  'new-agent',
  'agent-choice',
  'keep-agent',
  'function-call',
  'unknown-effect',
  'question',
] as const
export type ApprovalKind = (typeof approvalKinds)[number]

/** Answers that any question may have: refuse, or allow it this `once` or for good (`permanent`). */
export const approvalAnswers = ['refuse', 'once', 'permanent'] as const
export type PlainAnswer = (typeof approvalAnswers)[number]
/** One of the plain answers, or what else the approval's options offer: `agent:1`, `propose`. */
export type ApprovalAnswer = string

export const approvalAnswerPattern = /^[a-z0-9][a-z0-9:.-]{0,39}$/

/**
 * `withdrawn`: its task ended or was canceled first. `superseded`: something else is proposed now, and asked about anew.
 * `revoked`: approved, and taken back before use.
 */
export const approvalStates = [
  'pending',
  'approved',
  'refused',
  'expired',
  'withdrawn',
  'superseded',
  'revoked',
] as const
export type ApprovalState = (typeof approvalStates)[number]

export const approvalRisks = ['low', 'medium', 'high'] as const
export type ApprovalRisk = (typeof approvalRisks)[number]

/** One answer that may be given. */
export interface ApprovalOption {
  answer: ApprovalAnswer
  label: string
  /** What follows from it. */
  hint?: string
}

/** Who may answer. The role `approver` is needed in any case. */
export interface Approvers {
  /** Clients with one of these roles. */
  roles: Role[]
  /** Clients by id, whatever further roles they have. */
  clients: string[]
  /** How many different clients have to allow it; one is enough to refuse. */
  quorum: number
  /** Whether the client that the question is asked for may answer it. */
  requesterMayAnswer: boolean
}

/** What one person said to an approval. */
export interface ApprovalVote {
  /** Client id. */
  by: string
  answer: ApprovalAnswer
  at: string
  comment?: string
}

/** One durable question to a person, bound to the digest of exactly what will happen. */
export interface ApprovalView {
  id: string
  taskId: string
  kind: ApprovalKind
  question: string
  risk?: ApprovalRisk
  state: ApprovalState
  /** `approvalDigest` of `kind`, `subject` and `files`. */
  digest: string
  /** Exactly what will happen. */
  subject: object
  /** Files that it names, by what they hold. */
  files: { path: string; sha256: string }[]
  /** The decision of the matcher, where one led to the question; for people, not covered by the digest. */
  match?: MatchSummary
  options: ApprovalOption[]
  /** What the deadline answers when no person does. */
  defaultAnswer: ApprovalAnswer
  deadline: string
  /** Client id of who it is asked for. */
  requestedBy: string
  /** The service that asks and carries the answer out. */
  askedBy: ServiceName
  approvers: Approvers
  /** Whoever has said something so far, first one first. */
  votes: ApprovalVote[]
  /** When it goes to further people, unless it is decided before; absent: never. */
  escalatesAt?: string
  /** Since when further people may answer. */
  escalatedAt?: string
  answer?: ApprovalAnswer
  /**
   * Client id of who decided, `policy:<name of the rule>`, or `approval:<id>` of an earlier one that allowed the same for
   * good; absent when nobody did: the deadline, the task’s end.
   */
  decidedBy?: string
  decidedAt?: string
  comment?: string
  /** When the step that was approved began. */
  usedAt?: string
  createdAt: string
}

/** An approval in a list. */
export type ApprovalSummary = Omit<ApprovalView, 'subject' | 'files' | 'match' | 'options'>

/**
 * `approval.requested`: a person is asked; the deadline answers where nobody does. Said again, once, when the question goes
 * to further people (`escalatedAt`).
 */
export class ApprovalRequested {
  taskId!: string
  approval!: ApprovalView
}

/** `approval.decide`: answer; where a quorum is asked for, one voice of it. A second answer is refused as stale. */
export class ApprovalDecide {
  @IsUUID()
  approvalId!: string

  @Matches(approvalAnswerPattern, { message: 'answer must be one of those that the approval offers' })
  answer!: ApprovalAnswer

  /** What the person was shown; another digest is refused. Default: whatever is pending. */
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/)
  digest?: string

  @IsOptional()
  @IsString()
  @Length(1, 2_000)
  comment?: string
}

/** `approval.decided`: the approval as it is after an answer, by whoever or whatever gave it. */
export class ApprovalDecided {
  approval!: ApprovalView
}

/**
 * `approval.revoke`: take back one’s own voice while the approval is pending, or an approval that was given and not used
 * yet, or that was given for good.
 */
export class ApprovalRevoke {
  @IsUUID()
  approvalId!: string

  @IsOptional()
  @IsString()
  @Length(1, 2_000)
  comment?: string
}

/** `approval.revoked`: the approval as it is without the answer. */
export class ApprovalRevoked {
  approval!: ApprovalView
}

/** `approval.list`: the tenant’s approvals, newest first. */
export class ApprovalList {
  /** Default: every state. */
  @IsOptional()
  @IsIn(approvalStates)
  state?: ApprovalState

  /** Default: those of every task. */
  @IsOptional()
  @IsUUID()
  taskId?: string

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number
}

export class ApprovalListed {
  approvals!: ApprovalSummary[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** `approval.get`: one approval as it is now, with everything that will happen. */
export class ApprovalGet {
  @IsUUID()
  approvalId!: string
}

export class ApprovalFound {
  approval!: ApprovalView
}
