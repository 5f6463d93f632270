import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  ApprovalDecide,
  ApprovalDecided,
  ApprovalFound,
  ApprovalGet,
  ApprovalList,
  ApprovalListed,
  fittingList,
  type ReceivedMessage,
  RequestError,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { Approval } from './approval.entity.js'
import { judgeAnswer } from './approval.policy.js'
import { ApprovalService } from './approval.service.js'
import { approvalView } from './views.js'

/** What people are asked, and what they answer. */
@Controller()
export class ApprovalController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ApprovalService) private readonly approvals: ApprovalService,
  ) {}

  @Handles(ApprovalDecide)
  async decide(@Payload() request: ApprovalDecide, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const approval = await tx.manager.findOne(Approval, {
        where: { id: request.approvalId, tenant: message.header.tenant },
        lock: { mode: 'pessimistic_write' },
      })
      if (!approval) throw notFound(request.approvalId)
      const verdict = judgeAnswer(approval, request.answer, request.digest, new Date())
      if (!verdict.accepted) throw new RequestError(verdict.code, verdict.message)
      await this.approvals.decide(
        tx,
        approval,
        {
          state: verdict.state,
          answer: request.answer,
          decidedBy: message.stamp.client?.id ?? null,
          comment: request.comment ?? null,
        },
        message.header.id,
      )
      tx.reply(message, ApprovalDecided, { approval: approvalView(approval) })
    })
  }

  @Handles(ApprovalGet)
  async get(@Payload() { approvalId }: ApprovalGet, @Ctx() message: ReceivedMessage): Promise<ApprovalFound> {
    const { tenant } = message.header
    const approval = await this.database.manager.findOneBy(Approval, { id: approvalId, tenant })
    if (!approval) throw notFound(approvalId)
    return { approval: approvalView(approval) }
  }

  @Handles(ApprovalList)
  async list(@Payload() request: ApprovalList, @Ctx() message: ReceivedMessage): Promise<ApprovalListed> {
    const approvals = await this.database.manager.find(Approval, {
      where: { tenant: message.header.tenant, ...(request.state && { state: request.state }) },
      order: { createdAt: 'DESC', id: 'DESC' },
      take: request.limit ?? 50,
    })
    const { kept, omitted } = fittingList(approvals.map(approvalView))
    return { approvals: kept, omitted }
  }
}

function notFound(id: string): RequestError {
  return new RequestError(
    'approval-not-found',
    `there is no approval ${id}: \`guildhall approvals list\` shows those there are`,
  )
}
