import { Type } from 'class-transformer'
import {
  IsArray,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Min,
  ValidateNested,
} from 'class-validator'
import type { AgentSnapshot } from './agent.messages.js'
import type { Rights } from './rights.js'
import type { ArtifactRef, InputFile, MountRequest } from './task.messages.js'

/** `task.run`: one attempt of an agent at a task. */
export class TaskRun {
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  @IsInt() @Min(1) attempt!: number
  @IsString() goal!: string
  @IsObject() inputs!: Record<string, unknown>
  @IsArray() files!: InputFile[]
  @IsArray() mounts!: MountRequest[]
  @IsObject() agent!: AgentSnapshot
  /** What the run may do: what its task holds, of that what its agent has. */
  @IsObject() rights!: Rights
  @IsInt() timeoutMs!: number
}

/** `run.cancel`: stop a run; `run.canceled` follows when its whole process tree is dead. */
export class RunCancel {
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  @IsString() reason!: string
}

/** `run.started`: an executor has taken the run. */
export class RunStarted {
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
}

/** How a function call was isolated, and what it used. */
export interface SandboxUse {
  /** `process`: nothing isolated it. */
  isolation: 'bubblewrap' | 'container' | 'kubernetes' | 'process'
  /** In a sandbox made for it, in one that was made ahead, or by the process for files that the run has. */
  start: 'cold' | 'warm' | 'session'
  /** Of all its processes; absent when nobody counted. */
  cpuMs?: number
  /** The most that its processes had at the same time; absent when nobody saw. */
  maxMemoryBytes?: number
  /** Who held the limit that ended it; absent when none did. */
  heldBy?: 'kernel' | 'poll'
}

/** A model turn or a function call, as it begins and as it ended. */
export interface StepReport {
  index: number
  kind: 'model-turn' | 'function-call'
  /** The step's id in the skill, or the function's name. */
  name: string
  function?: string
  /** Of a registered function: the version that the run has. */
  functionVersion?: string
  state: 'started' | 'finished'
  /** SHA-256 of the canonical JSON of the arguments. */
  argumentsDigest?: string
  /** How the sandboxed process ended: `exited`, `wall-time`, `memory`, … */
  ending?: string
  exitCode?: number
  tookMs?: number
  /** Of a function call that is finished; absent when nothing ran. */
  sandbox?: SandboxUse
  /** The first 2,000 characters of what came out; of a model turn that is under way: the last, or a note about it. */
  output?: string
  /** Of a model turn that is finished; absent when its endpoint did not say. */
  usage?: {
    inputTokens: number
    cachedInputTokens?: number
    cacheWriteTokens?: number
    outputTokens: number
  }
  /** US dollars for the turn; absent when the price of its model is unknown. */
  costUsd?: number
}

/** `run.progressed`: for people to follow, and for the audit: every function call and its outcome. */
export class RunProgressed {
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  @IsObject() step!: StepReport
}

/**
 * What a run used up, with what it handed on: what a task of it used that has ended, and what one that has not was given.
 */
export class RunUsage {
  /** Of models, in and out. */
  @IsInt() @Min(0) tokens!: number
  /** US dollars, as far as prices are known. */
  @IsNumber() @Min(0) costUsd!: number
  /** Requests to models. */
  @IsInt() @Min(0) modelCalls!: number
  /** Function calls. */
  @IsInt() @Min(0) calls!: number
}

export const nothingUsed: RunUsage = Object.freeze({ tokens: 0, costUsd: 0, modelCalls: 0, calls: 0 })

/** `run.succeeded`: the agent is done; final for this run. */
export class RunSucceeded {
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  @IsString() result!: string
  @IsArray() artifacts!: ArtifactRef[]
  @IsOptional() @ValidateNested() @Type(() => RunUsage) used?: RunUsage
}

/** `run.failed`: the run ended without a result; final for this run. */
export class RunFailed {
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  @IsString() code!: string
  @IsString() message!: string
  /** Whether another attempt could end better. */
  retryable!: boolean
  @IsOptional() @IsArray() artifacts?: ArtifactRef[]
  @IsOptional() @ValidateNested() @Type(() => RunUsage) used?: RunUsage
}

/** `run.canceled`: nothing of the run is alive any more; final for it. */
export class RunCanceled {
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  /** Absent when it never began. */
  @IsOptional() @ValidateNested() @Type(() => RunUsage) used?: RunUsage
}
