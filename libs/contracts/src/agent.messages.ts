import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator'
import { AgentConfiguration } from './agent.configuration.js'
import type { SkillSnapshot } from './agent.skill.js'
import { type FunctionName, functionNamePattern } from './function.names.js'
import { AgentGrants } from './rights.js'

export const agentRuntimes = ['script', 'llm'] as const
/** `script` makes the function calls that a skill declares; `llm` lets a model choose them. */
export type AgentRuntime = (typeof agentRuntimes)[number]

/** What an agent is: everything that decides how it acts. A version of it never changes. */
export interface AgentConfig {
  name: string
  description: string
  prompt: string
  runtime: AgentRuntime
  /** Model name at the executor's endpoint; absent: the endpoint's default. Only for `llm`. */
  model?: string
  /** Skill names. */
  skills: string[]
  /** Functions the agent may call: never more than its skills need nor than its requester holds. */
  functions: FunctionName[]
  /** What it may mount, reach and spend at most; `rightsOfAgent` says what holds for what is absent. */
  grants?: AgentGrants
  /** See `AgentConfiguration`. */
  configuration: Record<string, unknown>
}

/** One version of one agent. */
export interface AgentRef {
  id: string
  name: string
  version: number
  /** Gone after its task; a permanent agent stays. */
  ephemeral: boolean
}

/** An agent version with the skills that a task needs: enough to run it, and the same for ever. */
export interface AgentSnapshot {
  ref: AgentRef
  config: AgentConfig
  skills: SkillSnapshot[]
}

/**
 * `active` agents get tasks. `retired` and `destroyed` ones finish what they have; a destroyed one never comes back.
 * `disposed`: ephemeral, and its task is over or its time is up.
 */
export type AgentState = 'active' | 'retired' | 'disposed' | 'destroyed'

/** `agent.dispose`: the task of an ephemeral agent is over. */
export class AgentDispose {
  @IsUUID() taskId!: string
  @IsUUID() agentId!: string
}

export const agentNamePattern = /^[a-z0-9][a-z0-9-]{0,63}$/

/** `agent.create`: a permanent agent by hand; an existing name gets a new version. */
export class AgentCreate {
  @Matches(agentNamePattern, { message: 'name must be lower case letters, digits and hyphens, at most 64' })
  name!: string

  @IsString()
  @Length(1, 1024)
  description!: string

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @IsString({ each: true })
  skills!: string[]

  /** Default: what the skills require. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(functionNamePattern, { each: true, message: 'each function must be the name of one' })
  functions?: FunctionName[]

  /** Never more than who creates it holds. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AgentGrants)
  grants?: AgentGrants

  @IsOptional()
  @IsString()
  @Length(1, 20_000)
  prompt?: string

  /** Default `script`. */
  @IsOptional()
  @IsIn(agentRuntimes)
  runtime?: AgentRuntime

  @IsOptional()
  @IsString()
  @Length(1, 200)
  model?: string

  /** Default: nothing set. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AgentConfiguration)
  configuration?: AgentConfiguration
}

export class AgentCreated {
  agent!: AgentView
}

/** `agent.list`: the tenant’s agents, by default those that get tasks. */
export class AgentList {
  /** Show retired and disposed agents too. Default false. */
  @IsOptional()
  @IsBoolean()
  all?: boolean
}

export class AgentListed {
  agents!: AgentView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** `agent.get`: one agent, in its current version or in an earlier one. */
export class AgentGet {
  /** Name or id. */
  @IsString()
  @Length(1, 64)
  agent!: string

  /** Default: the current one. */
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number
}

export class AgentFound {
  agent!: AgentView
}

/** `agent.retire`: gets no more tasks; those it has go on. */
export class AgentRetire {
  @IsString()
  @Length(1, 64)
  agent!: string
}

export class AgentRetired {
  agent!: AgentView
}

/** `agent.list-versions`: what an agent was, version by version. */
export class AgentListVersions {
  /** Name or id. */
  @IsString()
  @Length(1, 64)
  agent!: string
}

export class AgentVersionsListed {
  agent!: AgentView
  /** Newest first. */
  versions!: AgentVersionView[]
  /** How many older ones there are than one answer holds. */
  omitted!: number
}

/** `agent.roll-back`: the next version, which says what an earlier one said. */
export class AgentRollBack {
  /** Name or id. */
  @IsString()
  @Length(1, 64)
  agent!: string

  @IsInt()
  @Min(1)
  version!: number
}

/** `agent.rolled-back`: the agent in its new version; in the same one as before when that says the same. */
export class AgentRolledBack {
  agent!: AgentView
}

/** `agent.destroy`: retires an agent for good. Tasks that it has go on. Destroying it again is fine. */
export class AgentDestroy {
  /** Name or id. */
  @IsString()
  @Length(1, 64)
  agent!: string
}

export class AgentDestroyed {
  agent!: AgentView
  /** The agent’s key space of the StateManager: whatever it kept there is nobody’s any more. */
  stateSpace!: string
}

/** `agent.keep`: asks a person whether an ephemeral agent becomes a permanent one. */
export class AgentKeep {
  /** Name or id. */
  @IsString()
  @Length(1, 64)
  agent!: string
}

/** `agent.keep-requested`: the question is on its way to those who may answer; the agent stays as it is until then. */
export class AgentKeepRequested {
  agent!: AgentView
  askId!: string
}

export interface AgentView extends AgentRef {
  state: AgentState
  config: AgentConfig
  createdAt: string
  /** When an ephemeral agent goes at the latest. */
  expiresAt?: string
}

/** One version of an agent, without what it says. */
export interface AgentVersionView {
  version: number
  /** SHA-256 of the canonical JSON of its configuration. */
  digest: string
  createdAt: string
  /** The version that tasks get. */
  current: boolean
}
