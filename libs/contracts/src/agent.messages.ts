import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
} from 'class-validator'
import { functionNames, type FunctionName } from './function.names.js'
import type { SkillSnapshot } from './skill.messages.js'

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
  @IsIn(functionNames, { each: true })
  functions?: FunctionName[]

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

/** `agent.get`: one agent in its current version. */
export class AgentGet {
  /** Name or id. */
  @IsString()
  @Length(1, 64)
  agent!: string
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

export interface AgentView extends AgentRef {
  state: 'active' | 'retired' | 'disposed'
  config: AgentConfig
  createdAt: string
}
