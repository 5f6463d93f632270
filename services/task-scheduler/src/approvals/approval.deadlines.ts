import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { Database, IsNull, LessThanOrEqual } from '@guildhall/mysql'
import { RecurringWork, ServiceLogger } from '@guildhall/service-defaults'
import { ApprovalDeciding } from './approval.deciding.js'
import { expiredAt } from './approval.decision.js'
import { Approval } from './approval.entity.js'
import { escalate, isEscalationDue } from './approval.escalation.js'

const checkEveryMs = 500
const batch = 20

/**
 * Answers with the default what nobody answered in time, and has further people asked; any number of replicas may do it.
 */
@Injectable()
export class ApprovalDeadlines implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly recurring: RecurringWork

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ApprovalDeciding) private readonly deciding: ApprovalDeciding,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {
    const failure = 'approval deadlines cannot be checked for now'
    const work = () => this.check()
    this.recurring = new RecurringWork({ everyMs: checkEveryMs, work, failure, logger })
  }

  onApplicationBootstrap(): void {
    this.recurring.start()
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.recurring.stop()
  }

  private async check(): Promise<void> {
    const now = new Date()
    const state = 'pending' as const
    for (const id of await this.dueIds({ state, deadline: LessThanOrEqual(now) })) await this.expire(id)
    const escalating = { state, escalatesAt: LessThanOrEqual(now), escalatedAt: IsNull() }
    for (const id of await this.dueIds(escalating)) await this.raise(id)
  }

  // Each is looked at again under its lock: another replica, or a person, may have been faster.
  private async dueIds(where: object): Promise<string[]> {
    const due = await this.database.manager.find(Approval, { where, select: { id: true }, take: batch })
    return due.map(({ id }) => id)
  }

  private async expire(id: string): Promise<void> {
    await this.database.transact(async (tx) => {
      const due = await this.deciding.lock(tx, id)
      if (due?.approval.state !== 'pending' || due.approval.deadline > new Date()) return
      const { deadline, defaultAnswer } = due.approval
      await this.deciding.settle(tx, due, expiredAt(deadline, defaultAnswer))
    })
  }

  private async raise(id: string): Promise<void> {
    await this.database.transact(async (tx) => {
      const due = await this.deciding.lock(tx, id)
      const now = new Date()
      if (!due || !isEscalationDue(due.approval, now)) return
      await escalate(tx, due.approval, now)
      this.logger.warn(
        { taskId: due.approval.taskId, approvalId: id },
        'nobody answered: further people are asked',
      )
    })
  }
}
