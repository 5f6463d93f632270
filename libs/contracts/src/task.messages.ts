import { Type } from 'class-transformer'
import {
  IsArray,
  IsBase64,
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
  ArrayMaxSize,
} from 'class-validator'
import type { AgentRef } from './agent.messages.js'
import type { MatchSummary } from './match.messages.js'
import { type Rights, RightsDraft } from './rights.js'
import { taskStates, type TaskState, type TerminalTaskState } from './task.states.js'

/** A host folder that the task's functions may see, at `/mnt/<basename>`. */
export class MountRequest {
  /** Absolute path on the executor's host, below a root that its operator allowed. */
  @IsString()
  @Matches(/^\/[^\0]*$/, { message: 'source must be an absolute path' })
  @Length(1, 4096)
  source!: string

  @IsIn(['ro', 'rw'])
  mode!: 'ro' | 'rw'
}

/** A small file handed in with the task; it appears at `/workspace/inputs/<name>`. */
export class InputFile {
  @Matches(/^(?!\.{1,2}$)[\w. -]{1,200}$/, { message: 'name must be a plain file name' })
  name!: string

  @IsBase64()
  contentBase64!: string
}

/** `task.submit`: hand in a task. With an idempotency key the second submission answers with the first task. */
export class TaskSubmit {
  /** What is wanted, in words. */
  @IsString()
  @Length(1, 20_000)
  goal!: string

  /** Values for the parameters of the skill that serves the task. */
  @IsOptional()
  @IsObject()
  inputs?: Record<string, unknown>

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => InputFile)
  files?: InputFile[]

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10)
  @ValidateNested({ each: true })
  @Type(() => MountRequest)
  mounts?: MountRequest[]

  /** How often a failed run is tried again: 1 means never. Default 3. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10)
  maxAttempts?: number

  /** Longest time one run may take. Default 10 minutes. */
  @IsOptional()
  @IsInt()
  @Min(1_000)
  @Max(24 * 3_600_000)
  timeoutMs?: number

  /** Fewer rights than the requester holds. What is not named, and what is not held, is as the requester holds it. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RightsDraft)
  rights?: RightsDraft
}

/** `task.accepted`: the task is on record; its news follow on the same stream. */
export class TaskAccepted {
  @IsUUID() taskId!: string
  @IsIn(taskStates) state!: TaskState
  /** True when the task existed already (same idempotency key). */
  duplicate!: boolean
}

/** `task.cancel`: stop a task. Answered at once; `task.canceled` follows when nothing of it runs any more. */
export class TaskCancel {
  @IsUUID()
  taskId!: string

  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string
}

/** `task.cancel-requested`: the task was told to stop; `task.canceled` follows. */
export class TaskCancelRequested {
  taskId!: string
  state!: TaskState
}

/** `task.get`: one task as it is now. */
export class TaskGet {
  @IsUUID()
  taskId!: string
}

export class TaskFound {
  task!: TaskView
  /** Every run of it, first to last. */
  attempts!: AttemptView[]
  /** What may be done for it at most. */
  rights!: Rights
  /** What its run waits for: answers of people to approvals, and tasks that it handed on. Empty: it waits for nothing. */
  waitsFor!: TaskWait[]
}

/** By the id of the approval, or of the task. */
export interface TaskWait {
  kind: 'approval' | 'task'
  id: string
}

/** `task.list`: the tenant’s tasks, newest first. */
export class TaskList {
  @IsOptional()
  @IsIn(taskStates)
  state?: TaskState

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number
}

export class TaskListed {
  tasks!: TaskView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** A file that a run left below `artifacts/` in its workspace. */
export interface ArtifactRef {
  name: string
  /** Where the executor keeps it, on the executor's host. */
  path: string
  sizeBytes: number
  sha256: string
  /** By content, `text/csv`; a hint for people. Absent where an older executor kept it. */
  mediaType?: string
}

export interface TaskError {
  code: string
  message: string
}

/** One run of a task. */
export interface AttemptView {
  runId: string
  number: number
  /** The agent version that ran. */
  agent: AgentRef
  state: 'scheduled' | 'running' | 'succeeded' | 'failed' | 'canceled'
  error?: TaskError
  createdAt: string
  endedAt?: string
}

/** A task as its owner may see it. */
export interface TaskView {
  id: string
  goal: string
  state: TaskState
  attempt: number
  maxAttempts: number
  agent?: AgentRef
  matchScore?: number
  requiredSkills: string[]
  missingSkills: string[]
  result?: string
  error?: TaskError
  artifacts: ArtifactRef[]
  approvalId?: string
  /** The task whose run handed this one on. */
  parentTaskId?: string
  traceId?: string
  createdAt: string
  updatedAt: string
}

/** `task.transitioned`: the task changed its state; terminal states have messages of their own. */
export class TaskTransitioned {
  taskId!: string
  from!: TaskState
  to!: TaskState
  at!: string
  /** When an agent was found or proposed: who, with which score, and why. */
  @IsOptional() match?: MatchSummary
  @IsOptional() approvalId?: string
  @IsOptional() attempt?: number
}

/** `task.completed`, `task.failed`, `task.canceled`, `task.rejected`: final. */
abstract class TaskEnded {
  taskId!: string
  state!: TerminalTaskState
  at!: string
  /** The whole task as it ended. */
  task!: TaskView
}
/** `task.completed`: the task is done, and here is its result; final. */
export class TaskCompleted extends TaskEnded {}
/** `task.failed`: no attempt is left; `task.error` says why; final. */
export class TaskFailed extends TaskEnded {}
/** `task.canceled`: nothing of the task runs any more; final. */
export class TaskCanceled extends TaskEnded {}
/** `task.rejected`: no agent could be found, or a person refused the proposed one; final. */
export class TaskRejected extends TaskEnded {}
