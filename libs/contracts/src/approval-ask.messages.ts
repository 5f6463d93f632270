import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator'
import {
  type ApprovalAnswer,
  approvalAnswerPattern,
  type ApprovalOption,
  type ApprovalRisk,
  approvalRisks,
  type ApprovalState,
} from './approval.messages.js'

/** Questions that services ask by `approval.ask`; the others arise from the match of a task. */
export const askedKinds = ['keep-agent', 'function-call', 'unknown-effect', 'question'] as const
export type AskedKind = (typeof askedKinds)[number]

/** A file that the question names. */
export class ApprovalFile {
  @IsString()
  @Length(1, 1_024)
  path!: string

  /** Of its bytes, in hex. */
  @Matches(/^[0-9a-f]{64}$/)
  sha256!: string
}

/** An answer that the asker knows what to do with. */
export class AskedOption implements ApprovalOption {
  @Matches(approvalAnswerPattern)
  answer!: ApprovalAnswer

  @IsString()
  @Length(1, 200)
  label!: string

  @IsOptional()
  @IsString()
  @Length(1, 500)
  hint?: string
}

/**
 * `approval.ask`: ask a person before a step. `approval.answered` follows, perhaps days later, and perhaps at once by a
 * policy. The same askId with the same content is the same question, however often it is asked; with another content it is a
 * new question in place of the old one; so is one whose approval was used.
 */
export class ApprovalAsk {
  @IsUUID() taskId!: string

  /** The asker’s name for the step; kept with the step, so that it is asked about once. */
  @IsUUID() askId!: string

  @IsIn(askedKinds) kind!: AskedKind

  @IsString()
  @Length(1, 1_000)
  question!: string

  /**
   * Exactly what will happen. Policies go by `function` (or `functions`) and `agent` (a name, or an object with one) in it.
   */
  @IsObject() subject!: object

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ApprovalFile)
  files?: ApprovalFile[]

  /** Answers beside `refuse`. Default: `once` and `permanent`, as far as the kind has them. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10)
  @ValidateNested({ each: true })
  @Type(() => AskedOption)
  options?: AskedOption[]

  /** Default: as the policy says. */
  @IsOptional()
  @IsInt()
  @Min(1_000)
  @Max(90 * 24 * 3_600_000)
  deadlineMs?: number

  @IsOptional()
  @IsIn(approvalRisks)
  risk?: ApprovalRisk
}

/**
 * `approval.answered`: what became of a question. Only `approved` allows the step, and only while `matchesApproval` says that
 * it is still the one that was approved; every other state refuses it. A step that waits or is about to begin heeds a later
 * message too: an approval may be revoked until it is used.
 */
export class ApprovalAnswered {
  @IsUUID() taskId!: string
  @IsUUID() askId!: string
  @IsUUID() approvalId!: string
  kind!: AskedKind
  state!: Exclude<ApprovalState, 'pending'>
  answer!: ApprovalAnswer
  /** Of what was approved; see `matchesApproval`. */
  digest!: string
  /** Allowed for good, not only this once. */
  permanent!: boolean
  @IsOptional() decidedBy?: string
  @IsOptional() comment?: string
}

/** `approval.used`: the step that was approved begins; it cannot be revoked from now on. */
export class ApprovalUsed {
  @IsUUID() taskId!: string
  @IsUUID() askId!: string
  @IsUUID() approvalId!: string
}
