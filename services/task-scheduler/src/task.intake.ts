import { Inject, Injectable } from '@nestjs/common'
import { type Rights, SkillsMatch, type TaskSubmit } from '@guildhall/contracts'
import { row, type Transaction } from '@guildhall/mysql'
import { Task } from './task.entity.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { TaskSchedulerConfig } from './task-scheduler.config.js'

/** A task to be, and whose it is. */
export interface NewTask {
  id: string
  tenant: string
  clientId: string
  request: Omit<TaskSubmit, 'rights'>
  rights: Rights
  traceparent: string | null
  /** The run that hands it on, and how deep down it will be. */
  parent?: { taskId: string; runId: string; depth: number }
}

/** Puts new tasks on record. */
@Injectable()
export class TaskIntake {
  constructor(
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(TaskSchedulerConfig) private readonly config: TaskSchedulerConfig,
  ) {}

  async put(tx: Transaction, wanted: NewTask): Promise<Task> {
    const task = this.taskOf(wanted)
    await tx.manager.insert(Task, row<Task>(task))
    return task
  }

  /** Has an agent looked for. */
  async begin(tx: Transaction, task: Task, causationid: string): Promise<void> {
    const origin = this.lifecycle.origin(task, causationid)
    await this.lifecycle.move(tx, task, 'matching', {}, origin)
    tx.publish(SkillsMatch, { taskId: task.id, goal: task.goal, rights: task.rights }, origin)
  }

  private taskOf({ request, parent, ...own }: NewTask): Task {
    const now = new Date()
    return Object.assign(new Task(), {
      ...own,
      goal: request.goal,
      inputs: request.inputs ?? {},
      files: request.files ?? [],
      mounts: request.mounts ?? [],
      state: 'submitted' as const,
      attempt: 0,
      maxAttempts: request.maxAttempts ?? this.config.defaultMaxAttempts,
      timeoutMs: request.timeoutMs ?? this.config.defaultTimeoutMs,
      runId: null,
      agent: null,
      match: null,
      approvalId: null,
      result: null,
      error: null,
      artifacts: [],
      cancelReason: null,
      parentTaskId: parent?.taskId ?? null,
      parentRunId: parent?.runId ?? null,
      depth: parent?.depth ?? 0,
      createdAt: now,
      updatedAt: now,
    })
  }
}
