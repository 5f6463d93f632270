import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  approvalDigest,
  ApprovalAsk,
  ApprovalUsed,
  type ReceivedMessage,
  serviceNames,
  TerminalError,
} from '@guildhall/contracts'
import { Database, IsNull } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { TaskLifecycle } from '../task.lifecycle.js'
import { answerAsker } from './approval.announcing.js'
import { ApprovalAsking } from './approval.asking.js'
import { ApprovalDeciding } from './approval.deciding.js'
import { superseded } from './approval.decision.js'
import { Approval } from './approval.entity.js'
import { askedOptions } from './approval.options.js'

/** What other services ask people through the scheduler. */
@Controller()
export class AskController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(ApprovalAsking) private readonly asking: ApprovalAsking,
    @Inject(ApprovalDeciding) private readonly deciding: ApprovalDeciding,
  ) {}

  @Handles(ApprovalAsk)
  async ask(@Payload() request: ApprovalAsk, @Ctx() message: ReceivedMessage): Promise<void> {
    const { taskId, askId, kind, subject, files = [] } = request
    const askedBy = askerOf(message)
    const { tenant, replyto, id: causationid } = message.header
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, taskId)
      if (task?.tenant !== tenant) {
        throw new TerminalError('unknown-task', `${askedBy} asks about a task that the tenant has not`)
      }
      const digest = approvalDigest({ kind, subject, files })
      const [earlier] = await tx.manager.find(Approval, {
        where: { askId, askedBy, tenant },
        order: { createdAt: 'DESC', id: 'DESC' },
        take: 1,
        lock: { mode: 'pessimistic_write' },
      })
      // One that was used is used up: the step would happen a second time.
      if (earlier?.digest === digest && earlier.usedAt === null) {
        answerAsker(tx, earlier, causationid)
        return
      }
      if (earlier?.state === 'pending') {
        await this.deciding.settle(tx, { approval: earlier, task }, superseded, causationid)
      }
      const { options, deadlineMs, risk } = request
      await this.asking.ask(
        tx,
        task,
        {
          taskId,
          tenant,
          kind,
          question: request.question,
          subject,
          files,
          digest,
          options: askedOptions(kind, options),
          requestedBy: replyto ?? task.clientId,
          askedBy,
          askId,
          ...(deadlineMs !== undefined && { deadlineMs }),
          ...(risk && { risk }),
        },
        async ({ id }) => {
          // What the match of a task waits for stays the one that is shown with it.
          if (task.state !== 'awaiting-approval') await this.lifecycle.noteApproval(tx, task, id)
          return true
        },
        causationid,
      )
    })
  }

  @Handles(ApprovalUsed)
  async used(@Payload() { approvalId, askId }: ApprovalUsed, @Ctx() message: ReceivedMessage): Promise<void> {
    const askedBy = askerOf(message)
    await this.database.handleOnce(message, async (tx) => {
      const unused = { id: approvalId, askId, askedBy, usedAt: IsNull() }
      await tx.manager.update(Approval, unused, { usedAt: new Date() })
    })
  }
}

function askerOf({ header }: ReceivedMessage) {
  const asker = serviceNames.find((name) => header.source === `/services/${name}`)
  if (!asker) throw new TerminalError('unknown-asker', `${header.source} is no service that asks`)
  return asker
}
