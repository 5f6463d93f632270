import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
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
  type ApprovalKind,
  approvalKinds,
} from './approval.messages.js'
import { type Role, roles } from './service.names.js'

const longestMs = 90 * 24 * 3_600_000
const ruleName = /^[a-z0-9][a-z0-9-]{0,39}$/
const ruleNameRule = { message: 'name must be lower case letters, digits and hyphens, at most 40' }

/** Who may answer; the role `approver` is needed in any case. */
export class ApproverRoster {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  clients?: string[]

  @IsOptional()
  @IsArray()
  @IsIn(roles, { each: true })
  roles?: Role[]
}

/** Further people, from a time on. */
export class EscalationRule extends ApproverRoster {
  /** From the question on. */
  @IsInt()
  @Min(1_000)
  @Max(longestMs)
  afterMs!: number
}

/** Which questions a rule is about. What is absent fits all; `*` in a name stands for any characters. */
abstract class ApprovalFilter {
  /** A question fits when its functions do: all of them to be allowed, any of them to be denied. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  functions?: string[]

  /** By name; as with functions. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  agents?: string[]
}

/** Refuses without asking. */
export class ApprovalDenial extends ApprovalFilter {
  @Matches(ruleName, ruleNameRule)
  name!: string

  /** Default: every kind. */
  @IsOptional()
  @IsArray()
  @IsIn(approvalKinds, { each: true })
  kinds?: ApprovalKind[]

  @IsOptional()
  @IsString()
  @Length(1, 200)
  reason?: string
}

/** Approves without asking: which questions, how many, until when. */
export class AutoApproval extends ApprovalFilter {
  /** Uses are counted by it, over all versions of the policy: a rule that shall count anew gets a new name. */
  @Matches(ruleName, ruleNameRule)
  name!: string

  @IsArray()
  @ArrayMinSize(1)
  @IsIn(approvalKinds, { each: true })
  kinds!: ApprovalKind[]

  /** So many questions in all. */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  count!: number

  /** RFC 3339. */
  @IsISO8601({ strict: true })
  until!: string

  /** Only questions that offer it. Default `once`. */
  @IsOptional()
  @Matches(approvalAnswerPattern)
  answer?: ApprovalAnswer
}

/** How questions are asked. What is absent is as the next wider settings, in the end the installation’s, say. */
export class ApprovalSettings {
  /** Default: clients with the role `approver`. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ApproverRoster)
  approvers?: ApproverRoster

  /** How many different clients have to allow it. Default 1. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(20)
  quorum?: number

  /** Whether the client that it is asked for may answer. Default: as the installation says. */
  @IsOptional()
  @IsBoolean()
  requesterMayAnswer?: boolean

  /** For questions that bring none. Default: the installation’s. */
  @IsOptional()
  @IsInt()
  @Min(1_000)
  @Max(longestMs)
  deadlineMs?: number

  /** Default: none. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => EscalationRule)
  escalation?: EscalationRule

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => AutoApproval)
  allow?: AutoApproval[]
}

/** Settings for the questions of one task. */
export class TaskApprovalSettings extends ApprovalSettings {
  @IsUUID() task!: string
}

/** Settings for questions about one agent. */
export class AgentApprovalSettings extends ApprovalSettings {
  /** By name; `*` stands for any characters. */
  @IsString()
  @Length(1, 128)
  agent!: string
}

/** Denials come first; then the settings of the task, of the agent and of the whole tenant, each filling in what is open. */
export class ApprovalRules extends ApprovalSettings {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ApprovalDenial)
  deny?: ApprovalDenial[]

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => TaskApprovalSettings)
  tasks?: TaskApprovalSettings[]

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => AgentApprovalSettings)
  agents?: AgentApprovalSettings[]
}

/** One version of a tenant’s policy on approvals; it never changes. */
export interface ApprovalPolicyView {
  tenant: string
  /** 0 before anybody set one. */
  version: number
  rules: ApprovalRules
  /** How often each rule that approves has done so, by name; of earlier versions too. */
  uses: Record<string, number>
  /** Client id. */
  author?: string
  createdAt?: string
}

/** `approval-policy.get`: the newest version, which is the one that counts. */
export class ApprovalPolicyGet {
  /** Default: the client’s own. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  tenant?: string
}

export class ApprovalPolicyFound {
  policy!: ApprovalPolicyView
}

/** `approval-policy.set`: the next version; it counts for questions from now on, pending ones keep theirs. */
export class ApprovalPolicySet {
  /** Default: the client’s own. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  tenant?: string

  /** The version that the rules were made from; when it is not the newest any more they are refused. */
  @IsInt()
  @Min(0)
  expectedVersion!: number

  @IsObject()
  @ValidateNested()
  @Type(() => ApprovalRules)
  rules!: ApprovalRules
}

export class ApprovalPolicyStored {
  policy!: ApprovalPolicyView
}
