import { Inject, Injectable } from '@nestjs/common'
import { RunCancel, terminalTaskStates } from '@guildhall/contracts'
import { In, Not, type Transaction } from '@guildhall/mysql'
import { Task } from './task.entity.js'
import { TaskLifecycle } from './task.lifecycle.js'

/** Stops tasks, with all that they have handed on. Rows are locked from the first task downwards only. */
@Injectable()
export class TaskStopping {
  constructor(@Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle) {}

  /** @param task locked, in no final state. */
  async stop(tx: Transaction, task: Task, reason: string, causationid: string): Promise<void> {
    const origin = this.lifecycle.origin(task, causationid)
    if (task.runId && (task.state === 'scheduled' || task.state === 'running')) {
      // The task is canceled when the executor has seen the last process die, not before.
      await tx.manager.update(Task, { id: task.id }, { cancelReason: reason })
      tx.publish(RunCancel, { taskId: task.id, runId: task.runId, reason }, origin)
      await this.stopDelegated(tx, task.runId, reason, causationid)
      return
    }
    const error = { code: 'canceled', message: reason }
    await this.lifecycle.move(tx, task, 'canceled', { cancelReason: reason, error }, origin)
  }

  /** Stops what a run has handed on and has not ended: nobody waits for it any more. */
  async stopDelegated(tx: Transaction, runId: string, reason: string, causationid: string): Promise<void> {
    const unfinished = await tx.manager.find(Task, {
      where: { parentRunId: runId, state: Not(In([...terminalTaskStates])) },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    })
    for (const task of unfinished) await this.stop(tx, task, reason, causationid)
  }
}
