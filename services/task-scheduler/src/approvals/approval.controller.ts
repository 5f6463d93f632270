import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  ApprovalDecide,
  ApprovalDecided,
  ApprovalFound,
  ApprovalGet,
  ApprovalList,
  ApprovalListed,
  ApprovalRevoke,
  ApprovalRevoked,
  type ClientIdentity,
  fittingList,
  type ReceivedMessage,
  RequestError,
} from '@guildhall/contracts'
import { Database, type Transaction } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { judgeAnswer } from './answer.policy.js'
import { ApprovalVoteRow } from './approval-vote.entity.js'
import { announceDecision } from './approval.announcing.js'
import { ApprovalDeciding } from './approval.deciding.js'
import { Approval } from './approval.entity.js'
import { approvalSummary, approvalView } from './approval.views.js'
import { deciderOf } from './message.client.js'
import { judgeRevocation } from './revocation.policy.js'
import { votesByApproval, votesOn } from './vote.repository.js'

/** What people are asked, and what they answer. */
@Controller()
export class ApprovalController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ApprovalDeciding) private readonly deciding: ApprovalDeciding,
  ) {}

  @Handles(ApprovalDecide)
  async decide(@Payload() request: ApprovalDecide, @Ctx() message: ReceivedMessage): Promise<void> {
    const client = deciderOf(message)
    const { answer, comment = null } = request
    await this.database.handleOnce(message, async (tx) => {
      const found = await this.locked(tx, request.approvalId, message)
      const { approval } = found
      const votes = await votesOn(tx.manager, approval.id)
      const verdict = judgeAnswer(approval, votes, client, request, new Date())
      if (!verdict.accepted) throw new RequestError(verdict.code, verdict.message)
      await this.keepVote(tx, approval, client, { answer, comment })
      const { effect } = verdict
      if (effect.state !== 'pending') {
        const decision = { ...effect, decidedBy: client.id, comment }
        await this.deciding.settle(tx, found, decision, message.header.id)
      }
      tx.reply(message, ApprovalDecided, { approval: await viewOf(tx, approval) })
    })
  }

  @Handles(ApprovalRevoke)
  async revoke(@Payload() request: ApprovalRevoke, @Ctx() message: ReceivedMessage): Promise<void> {
    const client = deciderOf(message)
    await this.database.handleOnce(message, async (tx) => {
      const { approval } = await this.locked(tx, request.approvalId, message)
      const votes = await votesOn(tx.manager, approval.id)
      const verdict = judgeRevocation(approval, votes, client)
      if (!verdict.accepted) throw new RequestError(verdict.code, verdict.message)
      if (verdict.takes === 'voice') {
        await tx.manager.delete(ApprovalVoteRow, { approvalId: approval.id, clientId: client.id })
      } else {
        const { comment = null } = request
        const change = { state: 'revoked' as const, decidedBy: client.id, decidedAt: new Date(), comment }
        await tx.manager.update(Approval, { id: approval.id }, change)
        announceDecision(tx, Object.assign(approval, change), votes, message.header.id)
      }
      tx.reply(message, ApprovalRevoked, { approval: await viewOf(tx, approval) })
    })
  }

  @Handles(ApprovalGet)
  async get(@Payload() { approvalId }: ApprovalGet, @Ctx() message: ReceivedMessage): Promise<ApprovalFound> {
    const { manager } = this.database
    const approval = await manager.findOneBy(Approval, { id: approvalId, tenant: message.header.tenant })
    if (!approval) throw notFound(approvalId)
    return { approval: approvalView(approval, await votesOn(manager, approvalId)) }
  }

  @Handles(ApprovalList)
  async list(@Payload() request: ApprovalList, @Ctx() message: ReceivedMessage): Promise<ApprovalListed> {
    const { manager } = this.database
    const { state, taskId, limit } = request
    const approvals = await manager.find(Approval, {
      where: { tenant: message.header.tenant, ...(state && { state }), ...(taskId && { taskId }) },
      order: { createdAt: 'DESC', id: 'DESC' },
      take: limit ?? 50,
    })
    const votes = await votesByApproval(
      manager,
      approvals.map(({ id }) => id),
    )
    const summaries = approvals.map((one) => approvalSummary(one, votes.get(one.id)))
    const { kept, omitted } = fittingList(summaries)
    return { approvals: kept, omitted }
  }

  private async locked(tx: Transaction, id: string, { header }: ReceivedMessage) {
    const found = await this.deciding.lock(tx, id, header.tenant)
    if (!found) throw notFound(id)
    return found
  }

  private async keepVote(
    tx: Transaction,
    { id: approvalId }: Approval,
    { id: clientId }: ClientIdentity,
    said: Pick<ApprovalVoteRow, 'answer' | 'comment'>,
  ): Promise<void> {
    // Whoever allowed it may refuse it after all.
    await tx.manager.delete(ApprovalVoteRow, { approvalId, clientId })
    await tx.manager.insert(ApprovalVoteRow, { approvalId, clientId, ...said, at: new Date() })
  }
}

async function viewOf(tx: Transaction, approval: Approval) {
  return approvalView(approval, await votesOn(tx.manager, approval.id))
}

function notFound(id: string): RequestError {
  return new RequestError(
    'approval-not-found',
    `there is no approval ${id}: \`guildhall approvals list\` shows those there are`,
  )
}
