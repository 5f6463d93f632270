import { Inject, Injectable } from '@nestjs/common'
import {
  AgentDispose,
  isTerminal,
  type MatchSummary,
  type MessageOrigin,
  newId,
  type PayloadClass,
  TaskCanceled,
  TaskCompleted,
  TaskFailed,
  TaskRejected,
  TaskRun,
  type TaskState,
  TaskTransitioned,
  type TerminalTaskState,
} from '@guildhall/contracts'
import { row, type Transaction } from '@guildhall/mysql'
import { Metrics, ServiceLogger } from '@guildhall/service-defaults'
import { withdrawApprovals } from './approvals/approval.withdrawing.js'
import { Attempt } from './attempt.entity.js'
import { Task } from './task.entity.js'
import { sayDelegationEnded } from './delegation.ending.js'
import { runRights, runTimeoutMs } from './run.rights.js'
import { mayFollow } from './task.transitions.js'
import { taskView } from './task.views.js'

/** The columns that a transition may set with the state. */
export type TaskChanges = Partial<
  Pick<
    Task,
    'agent' | 'match' | 'approvalId' | 'result' | 'error' | 'artifacts' | 'runId' | 'attempt' | 'cancelReason'
  >
>

const endings: Record<TerminalTaskState, PayloadClass<TaskCompleted>> = {
  completed: TaskCompleted,
  failed: TaskFailed,
  canceled: TaskCanceled,
  rejected: TaskRejected,
}

/** The one place where a task changes its state: checks the table, writes the row, tells the client. */
@Injectable()
export class TaskLifecycle {
  private readonly entered

  constructor(
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.entered = metrics.counter('guildhall_task_transitions_total', 'Task states entered', ['state'])
  }

  /** The task's row, locked until the transaction ends; undefined when there is none. */
  async lock(tx: Transaction, taskId: string): Promise<Task | undefined> {
    const task = await tx.manager.findOne(Task, {
      where: { id: taskId },
      lock: { mode: 'pessimistic_write' },
    })
    return task ?? undefined
  }

  /** What the task causes: heard by its client, in its tenant, about it. */
  origin(task: Task, causationid?: string): MessageOrigin {
    return { tenant: task.tenant, subject: task.id, replyto: task.clientId, causationid }
  }

  /**
   * Moves the task on and publishes `task.transitioned` or the terminal message.
   * @returns false, and changes nothing, when the table does not allow it: the cause came too late.
   */
  async move(
    tx: Transaction,
    task: Task,
    to: TaskState,
    changes: TaskChanges,
    origin: MessageOrigin,
    shown: { match?: MatchSummary; approvalId?: string } = {},
  ): Promise<boolean> {
    const from = task.state
    if (!mayFollow(from, to)) {
      this.logger.debug({ taskId: task.id, from, to }, 'came too late: the task has moved on')
      return false
    }
    const at = new Date()
    Object.assign(task, changes, { state: to, updatedAt: at })
    await tx.manager.update(Task, { id: task.id }, row<Task>({ ...changes, state: to, updatedAt: at }))
    if (isTerminal(to)) {
      if (task.approvalId !== null) await withdrawApprovals(tx, task.id, 'task', origin.causationid)
      tx.publish(
        endings[to],
        { taskId: task.id, state: to, at: at.toISOString(), task: taskView(task) },
        origin,
      )
      this.disposeOfEphemeral(tx, task, origin)
      await sayDelegationEnded(tx, task, origin)
    } else {
      const attempt = task.attempt > 0 ? { attempt: task.attempt } : {}
      tx.publish(
        TaskTransitioned,
        { taskId: task.id, from, to, at: at.toISOString(), ...attempt, ...shown },
        origin,
      )
    }
    this.entered.inc({ state: to })
    this.logger.info({ taskId: task.id, from, to }, 'task moved on')
    return true
  }

  /** Shows with the task what a person is asked about it, in whatever state it is. */
  async noteApproval(tx: Transaction, task: Task, approvalId: string): Promise<void> {
    task.approvalId = approvalId
    await tx.manager.update(Task, { id: task.id }, { approvalId })
  }

  /** Begins the next attempt: a new run for the executor. */
  async startAttempt(
    tx: Transaction,
    task: Task,
    changes: TaskChanges,
    origin: MessageOrigin,
    shown: { match?: MatchSummary } = {},
  ): Promise<void> {
    const agent = changes.agent ?? task.agent
    if (!agent) throw new Error(`task ${task.id} has no agent to run it`)
    if (task.approvalId !== null) await withdrawApprovals(tx, task.id, 'run', origin.causationid)
    const runId = newId()
    const attempt = task.attempt + 1
    if (!(await this.move(tx, task, 'scheduled', { ...changes, runId, attempt }, origin, shown))) return
    await tx.manager.insert(Attempt, {
      runId,
      taskId: task.id,
      number: attempt,
      agent: agent.ref,
      state: 'scheduled',
      createdAt: new Date(),
    })
    const rights = runRights(task, agent)
    tx.publish(
      TaskRun,
      {
        taskId: task.id,
        runId,
        attempt,
        goal: task.goal,
        inputs: task.inputs,
        files: task.files,
        mounts: task.mounts,
        agent,
        rights,
        timeoutMs: runTimeoutMs(task.timeoutMs, rights),
      },
      origin,
    )
  }

  private disposeOfEphemeral(tx: Transaction, task: Task, origin: MessageOrigin): void {
    const ref = task.agent?.ref
    if (ref?.ephemeral) tx.publish(AgentDispose, { taskId: task.id, agentId: ref.id }, origin)
  }
}
