import { IsIn, IsInt, IsOptional, IsString, IsUUID, Length, Matches, Max, Min } from 'class-validator'
import type { AgentConfig } from './agent.messages.js'
import type { MatchSummary } from './match.messages.js'

/** `refuse`, or allow the proposal for this task (`once`) or for good (`permanent`). */
export const approvalAnswers = ['refuse', 'once', 'permanent'] as const
export type ApprovalAnswer = (typeof approvalAnswers)[number]

export const approvalStates = ['pending', 'approved', 'refused', 'expired', 'withdrawn'] as const
export type ApprovalState = (typeof approvalStates)[number]

/** One durable decision by a person, bound to the digest of exactly what will happen. */
export interface ApprovalView {
  id: string
  taskId: string
  kind: 'new-agent'
  question: string
  state: ApprovalState
  /** SHA-256 of the canonical JSON of `proposal`. */
  digest: string
  proposal: AgentConfig
  match: MatchSummary
  answers: readonly ApprovalAnswer[]
  /** What the deadline answers when no person does. */
  defaultAnswer: ApprovalAnswer
  deadline: string
  answer?: ApprovalAnswer
  /** Client id of who answered; absent when the deadline did. */
  decidedBy?: string
  decidedAt?: string
  comment?: string
  createdAt: string
}

/** `approval.requested`: the task waits until a person answers or the deadline does. */
export class ApprovalRequested {
  taskId!: string
  approval!: ApprovalView
}

/** `approval.decide`: answer once; a second answer is refused as stale. */
export class ApprovalDecide {
  @IsUUID()
  approvalId!: string

  @IsIn(approvalAnswers)
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

/** `approval.decided`: the approval with the answer it got. */
export class ApprovalDecided {
  approval!: ApprovalView
}

/** `approval.list`: the tenant’s approvals, newest first. */
export class ApprovalList {
  /** Default: every state. */
  @IsOptional()
  @IsIn(approvalStates)
  state?: ApprovalState

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number
}

export class ApprovalListed {
  approvals!: ApprovalView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** `approval.get`: one approval as it is now. */
export class ApprovalGet {
  @IsUUID()
  approvalId!: string
}

export class ApprovalFound {
  approval!: ApprovalView
}
