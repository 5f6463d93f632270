import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  type ReceivedMessage,
  RunCanceled,
  RunFailed,
  RunStarted,
  RunSucceeded,
  type RunUsage,
  type TaskError,
} from '@guildhall/contracts'
import { Database, In, type Transaction } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { Attempt } from './attempt.entity.js'
import { mayRetry } from './attempt.policy.js'
import type { Task } from './task.entity.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { TaskStopping } from './task.stopping.js'

/** What the executor reports of the current attempt. */
@Controller()
export class RunController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(TaskStopping) private readonly stopping: TaskStopping,
  ) {}

  @Handles(RunStarted)
  async started(@Payload() run: RunStarted, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.ofCurrentRun(message, run, async (tx, task) => {
      await tx.manager.update(Attempt, { runId: run.runId, state: 'scheduled' }, { state: 'running' })
      await this.lifecycle.move(tx, task, 'running', {}, this.lifecycle.origin(task, message.header.id))
    })
  }

  @Handles(RunSucceeded)
  async succeeded(@Payload() run: RunSucceeded, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.ofCurrentRun(message, run, async (tx, task) => {
      await this.endAttempt(tx, run, { state: 'succeeded', error: null }, message)
      const { result, artifacts } = run
      await this.lifecycle.move(
        tx,
        task,
        'completed',
        { result, artifacts },
        this.lifecycle.origin(task, message.header.id),
      )
    })
  }

  @Handles(RunFailed)
  async failed(@Payload() run: RunFailed, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.ofCurrentRun(message, run, async (tx, task) => {
      const error = { code: run.code, message: run.message }
      await this.endAttempt(tx, run, { state: 'failed', error }, message)
      const origin = this.lifecycle.origin(task, message.header.id)
      const { attempt, maxAttempts, cancelReason } = task
      if (
        mayRetry({ attempt, maxAttempts, retryable: run.retryable, cancelRequested: cancelReason !== null })
      ) {
        await this.lifecycle.startAttempt(tx, task, {}, origin)
      } else if (run.retryable && cancelReason !== null) {
        // What would have been tried again is canceled instead.
        await this.lifecycle.move(tx, task, 'canceled', { error: canceledBecause(cancelReason) }, origin)
      } else {
        const artifacts = run.artifacts ?? []
        await this.lifecycle.move(tx, task, 'failed', { error, artifacts }, origin)
      }
    })
  }

  @Handles(RunCanceled)
  async canceled(@Payload() run: RunCanceled, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.ofCurrentRun(message, run, async (tx, task) => {
      await this.endAttempt(tx, run, { state: 'canceled', error: null }, message)
      const error = canceledBecause(task.cancelReason ?? 'canceled')
      await this.lifecycle.move(
        tx,
        task,
        'canceled',
        { error },
        this.lifecycle.origin(task, message.header.id),
      )
    })
  }

  /** An earlier attempt's report, or one after the end, is acknowledged and changes nothing. */
  private async ofCurrentRun(
    message: ReceivedMessage,
    run: { taskId: string; runId: string },
    work: (tx: Transaction, task: Task) => Promise<void>,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, run.taskId)
      if (task?.runId === run.runId) await work(tx, task)
    })
  }

  private async endAttempt(
    tx: Transaction,
    { runId, used = null }: { runId: string; used?: RunUsage | null },
    ending: { state: 'succeeded' | 'failed' | 'canceled'; error: TaskError | null },
    { header }: ReceivedMessage,
  ): Promise<void> {
    // An attempt ends once; a second ending of the same run came too late.
    const open = { runId, state: In(['scheduled', 'running']) }
    await tx.manager.update(Attempt, open, { ...ending, used, endedAt: new Date() })
    await this.stopping.stopDelegated(tx, runId, 'the run that handed it on has ended', header.id)
  }
}

function canceledBecause(reason: string): TaskError {
  return { code: 'canceled', message: reason }
}
