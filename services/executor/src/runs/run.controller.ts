import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import { type ReceivedMessage, RunCancel, TaskRun } from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { ServiceLogger } from '@guildhall/service-defaults'
import { RunConclusion } from './run.conclusion.js'
import { enqueueCanceledRun, enqueueRun } from './run.enqueueing.js'
import { Run } from './run.entity.js'
import { RunLoop } from './run.loop.js'
import { RunRepository } from './run.repository.js'
import { onCancel } from './run.states.js'

/** Takes runs in and cancels them; the work itself is the loop's. */
@Controller()
export class RunController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RunRepository) private readonly runs: RunRepository,
    @Inject(RunConclusion) private readonly conclusion: RunConclusion,
    @Inject(RunLoop) private readonly loop: RunLoop,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  @Handles(TaskRun)
  async run(@Payload() request: TaskRun, @Ctx() message: ReceivedMessage): Promise<void> {
    const { runId, taskId } = request
    await this.database.handleOnce(message, async (tx) => {
      const isNew = await enqueueRun(tx, request, message.header)
      if (!isNew) this.logger.info({ runId, taskId }, 'the run is known already')
    })
    this.loop.poke()
  }

  @Handles(RunCancel)
  async cancel(@Payload() request: RunCancel, @Ctx() message: ReceivedMessage): Promise<void> {
    const { runId, taskId } = request
    await this.database.handleOnce(message, async (tx) => {
      const run = await this.runs.lock(tx, runId)
      if (!run) {
        // No order is promised: its task.run may still be on the way, and must find the run canceled.
        const canceled = await enqueueCanceledRun(tx, request, message.header)
        this.conclusion.sayCanceled(tx, canceled)
        return
      }
      const wish = { cancelRequestedAt: new Date(), cancelReason: request.reason.slice(0, 500) }
      switch (onCancel(run.state)) {
        case 'ignore':
          return this.logger.info({ runId, taskId, state: run.state }, 'the run is over: nothing to cancel')
        case 'tell':
          await tx.manager.update(Run, { runId }, wish)
          return
        case 'wake':
          await tx.manager.update(Run, { runId }, wish)
          await this.runs.wake(tx, runId)
          return
        case 'end':
          await tx.manager.update(Run, { runId }, { ...wish, state: 'canceled', finishedAt: new Date() })
          this.conclusion.sayCanceled(tx, run)
      }
    })
    // Also when it belongs to nobody here: then this does nothing, and its executor finds the wish in the row.
    this.loop.cancel(runId)
    this.loop.poke()
  }
}
