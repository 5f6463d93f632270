import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator'
import { RightsDraft } from './rights.js'

const pattern = /^[a-z0-9*.-]{1,100}$/
const patternRule = (property: string) => ({
  message: `${property} must be lower case letters, digits, dots and hyphens, where * stands for any of them`,
})

/** How much may be said. What is absent is as the next wider rule, in the end the default, says. */
export class PolicyLimits {
  /** Messages, in the long run. */
  @IsOptional()
  @IsNumber()
  @Min(1)
  @Max(1_000_000)
  ratePerSecond?: number

  /** Messages at once, after a silence. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  burst?: number

  /** Tasks that were handed in and have not ended. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(10_000_000)
  waitingTasks?: number
}

/** Limits of one client or tenant, in place of those of all. */
export class NamedLimits extends PolicyLimits {
  @IsString()
  @Length(1, 64)
  name!: string
}

/** What a client may not say, whatever its roles. What is absent fits everyone or everything. */
export class DenyRule {
  @IsOptional()
  @Matches(pattern, patternRule('client'))
  client?: string

  @IsOptional()
  @Matches(pattern, patternRule('tenant'))
  tenant?: string

  /** Of the message: `task.submit`, `agent.*`. */
  @IsOptional()
  @Matches(pattern, patternRule('type'))
  type?: string

  /** Told to who is refused. */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  reason?: string
}

/** What a version of the policy says; what is absent is as the defaults are. */
export class PolicyRules {
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PolicyLimits)
  perClient?: PolicyLimits

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PolicyLimits)
  perTenant?: PolicyLimits

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => NamedLimits)
  clients?: NamedLimits[]

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => NamedLimits)
  tenants?: NamedLimits[]

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => DenyRule)
  deny?: DenyRule[]

  /** What clients hold that have no rights of their own; what is not named is not granted. Default: nothing. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RightsDraft)
  rights?: RightsDraft
}

/** One version of the policy; it never changes. */
export interface PolicyView {
  /** 0 before anybody set one. */
  version: number
  rules: PolicyRules
  /** Client id. */
  author?: string
  createdAt?: string
}

/** `policy.get`: the newest version, which is the one that counts. */
export class PolicyGet {}

/** `policy.found`: the version that counts. */
export class PolicyFound {
  policy!: PolicyView
}

/** `policy.set`: the next version. */
export class PolicySet {
  /** The version that the rules were made from; when it is not the newest any more they are refused. */
  @IsInt()
  @Min(0)
  expectedVersion!: number

  @IsObject()
  @ValidateNested()
  @Type(() => PolicyRules)
  rules!: PolicyRules
}

/** `policy.stored`: the new version; every router applies it within a second. */
export class PolicyStored {
  policy!: PolicyView
}
