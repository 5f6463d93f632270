import { Type } from 'class-transformer'
import { IsArray, IsIn, IsOptional, IsString, IsUUID, Length, ValidateNested } from 'class-validator'
import type { Rights } from './rights.js'
import { RunUsage } from './run.messages.js'
import { type ArtifactRef, type TaskError, TaskSubmit } from './task.messages.js'
import { type TaskState, terminalTaskStates, type TerminalTaskState } from './task.states.js'

/**
 * `task.delegate`: a run hands a part of its work on as a task of its own. It is done for the client of the run's task,
 * with what the run may do or less, and stops with the run.
 */
export class TaskDelegate extends TaskSubmit {
  /** The task of the run. */
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  /** The run's name for what it wants once: the same key again finds the same task. */
  @IsString() @Length(1, 200) key!: string
}

/** `task.delegated`: the new task, or the one that the key named before. */
export class TaskDelegated {
  taskId!: string
  parentTaskId!: string
  state!: TaskState
  /** True when the task existed already (same run and key). */
  duplicate!: boolean
  /** What it may do at most. */
  rights!: Rights
  /** What was asked for and is not granted, in words. */
  removed!: string[]
}

/**
 * `delegation.ended`: a task that a run handed on is over, or was not taken (`refused`); final. Said to the run, which may
 * have waited for it.
 */
export class DelegationEnded {
  /** The task of the run. */
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  /** `delegatedTaskIdFor` the run and its key. */
  @IsUUID() delegatedTaskId!: string
  @IsIn([...terminalTaskStates, 'refused']) state!: TerminalTaskState | 'refused'
  @IsOptional() @IsString() result?: string
  /** Why there is no result. */
  @IsOptional() error?: TaskError
  @IsArray() artifacts!: ArtifactRef[]
  /** By all of its runs, and by what they handed on in turn. */
  @ValidateNested() @Type(() => RunUsage) used!: RunUsage
}
