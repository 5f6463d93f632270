import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
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
import type { AgentConfig } from './agent.messages.js'

/** A host folder and everything below it, for reading (`ro`) or for writing too (`rw`). */
export class MountRight {
  /** Absolute path on the executor's host. */
  @Matches(/^\/[^\0]*$/, { message: 'source must be an absolute path' })
  @Length(1, 1024)
  source!: string

  @IsIn(['ro', 'rw'])
  mode!: 'ro' | 'rw'
}

/** How much one run may use up; what is absent has no bound of its own. */
export class Budget {
  /** Tokens of models, in and out. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  tokens?: number

  /** US dollars, as the executor's price list has them. */
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1e9)
  costUsd?: number

  /** Requests to models, retries included. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  modelCalls?: number

  /** Function calls. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  calls?: number

  /** Milliseconds from the run's start to its end. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  wallMs?: number
}

/**
 * What may be done at most. Rights only narrow: a client holds some, its task gets these or fewer, the agent that runs it
 * those of them that its configuration has too, and a task that the agent hands on no more than that.
 */
export interface Rights {
  /** Names, `fs.*` for all that begin with `fs.`, or `*` for all. */
  functions: string[]
  mounts: MountRight[]
  /** `host:port`; the host may be `*.example.com` or `*`, the port `*`. */
  hosts: string[]
  budget: Budget
}

/** What bounds an agent beside its functions; who takes it says what an absent list means. */
export class AgentGrants {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => MountRight)
  mounts?: MountRight[]

  /** `host:port`; the host may be `*.example.com` or `*`, the port `*`. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @Length(3, 300, { each: true })
  hosts?: string[]

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => Budget)
  budget?: Budget
}

const functionPattern = /^(?:\*|[\w-]+(?:\.[\w-]+)*(?:\.\*)?)$/

/** Rights as people and programs write them; who takes them says what an absent list means. */
export class RightsDraft extends AgentGrants {
  /** Names, `fs.*` for all that begin with `fs.`, or `*` for all. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @Length(1, 128, { each: true })
  @Matches(functionPattern, { each: true, message: 'each function must be a name, a beginning with .* or *' })
  functions?: string[]
}

/** Everything that the operator of the executor allows. */
export const allRights: Rights = Object.freeze({
  functions: ['*'],
  mounts: [{ source: '/', mode: 'rw' as const }],
  hosts: ['*:*'],
  budget: {},
})

/** Nothing at all: neither a function, nor a folder, nor a host. */
export const noRights: Rights = Object.freeze({ functions: [], mounts: [], hosts: [], budget: {} })

/** Rights as somebody grants them: what is not named is not granted. */
export function grantedRights(draft: RightsDraft): Rights {
  return complete(draft, noRights)
}

/** Rights as somebody asks for them out of those held: what is not named is asked for as it is held. */
export function askedRights(draft: RightsDraft = {}): Rights {
  return complete(draft, allRights)
}

function complete({ functions, mounts, hosts, budget }: RightsDraft, absent: Rights): Rights {
  return {
    functions: functions ?? absent.functions,
    mounts: mounts ?? absent.mounts,
    hosts: hosts ?? absent.hosts,
    budget: budget ?? absent.budget,
  }
}

/**
 * What an agent does at most, whoever it works for: its functions; the folders of its task, or of these only those that
 * its grants have; the hosts of its grants; its budget.
 */
export function rightsOfAgent({ functions, grants = {} }: Pick<AgentConfig, 'functions' | 'grants'>): Rights {
  const { mounts = allRights.mounts, hosts = [], budget = {} } = grants
  return { functions, mounts, hosts, budget }
}

/** Whether a text is a function's name or a pattern of them. */
export function isFunctionPattern(text: string): boolean {
  return functionPattern.test(text)
}
