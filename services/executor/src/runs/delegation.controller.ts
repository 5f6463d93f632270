import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import { DelegationEnded, type ReceivedMessage } from '@guildhall/contracts'
import { Database, IsNull } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { ServiceLogger } from '@guildhall/service-defaults'
import { Delegation } from './delegation.entity.js'
import { RunLoop } from './run.loop.js'
import { RunRepository } from './run.repository.js'

/** Notes how tasks ended that runs handed on, and makes the runs due again. */
@Controller()
export class DelegationController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RunRepository) private readonly runs: RunRepository,
    @Inject(RunLoop) private readonly loop: RunLoop,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  @Handles(DelegationEnded)
  async ended(@Payload() ended: DelegationEnded, @Ctx() message: ReceivedMessage): Promise<void> {
    const { runId, taskId, delegatedTaskId, state } = ended
    await this.database.handleOnce(message, async (tx) => {
      // Before the delegation: whoever puts the run aside holds its row.
      await this.runs.lock(tx, runId)
      const open = { delegatedTaskId, runId, endedAt: IsNull() }
      await tx.manager.update(Delegation, open, { ended, endedAt: new Date() })
      await this.runs.wake(tx, runId)
      this.logger.info({ runId, taskId, delegatedTaskId, state }, 'a task that a run handed on has ended')
    })
    this.loop.poke()
  }
}
