import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import { ApprovalAnswered, type ReceivedMessage } from '@guildhall/contracts'
import { Database, IsNull } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { ServiceLogger } from '@guildhall/service-defaults'
import { Question } from './question.entity.js'
import { RunLoop } from './run.loop.js'
import { RunRepository } from './run.repository.js'

/** Notes what people say to the questions of runs, and makes the runs due again. */
@Controller()
export class AnswerController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RunRepository) private readonly runs: RunRepository,
    @Inject(RunLoop) private readonly loop: RunLoop,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  /** A later answer takes the place of an earlier one, such as when it is taken back, until the run has gone by it. */
  @Handles(ApprovalAnswered)
  async answered(@Payload() answer: ApprovalAnswered, @Ctx() message: ReceivedMessage): Promise<void> {
    const { askId, kind, state, taskId } = answer
    // Every service that asks hears every answer.
    if (kind === 'keep-agent') return
    await this.database.handleOnce(message, async (tx) => {
      const question = await tx.manager.findOneBy(Question, { askId })
      if (!question) {
        this.logger.info({ askId, taskId, kind, state }, 'an answer to what is no longer asked')
        return
      }
      const { runId } = question
      // Before the question: whoever goes by an answer holds the run's row.
      await this.runs.lock(tx, runId)
      const open = { askId, usedAt: IsNull() }
      await tx.manager.update(Question, open, { answer, answeredAt: new Date() })
      await this.runs.wake(tx, runId)
      this.logger.info({ runId, taskId, kind, state }, 'a question of a run is answered')
    })
    this.loop.poke()
  }
}
