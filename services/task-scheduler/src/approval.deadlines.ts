import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { Database, LessThanOrEqual } from '@guildhall/mysql'
import { ServiceLogger } from '@guildhall/service-defaults'
import { Approval } from './approval.entity.js'
import { ApprovalService } from './approval.service.js'

const checkEveryMs = 500
const batch = 20

/** Answers with the default what no person answered in time; any number of replicas may do it. */
@Injectable()
export class ApprovalDeadlines implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined
  private checking: Promise<void> = Promise.resolve()
  private stopped = false
  private isFailing = false

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ApprovalService) private readonly approvals: ApprovalService,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule()
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true
    clearTimeout(this.timer)
    await this.checking
  }

  private schedule(): void {
    if (this.stopped) return
    this.timer = setTimeout(() => {
      this.checking = this.expireDue()
        .then(() => {
          this.isFailing = false
        })
        .catch((error: unknown) => {
          // Twice a second while MySQL is away would bury everything else.
          if (!this.isFailing)
            this.logger.error({ err: error }, 'approval deadlines cannot be checked for now')
          this.isFailing = true
        })
        .finally(() => {
          this.schedule()
        })
    }, checkEveryMs)
  }

  private async expireDue(): Promise<void> {
    await this.database.transact(async (tx) => {
      const due = await tx.manager.find(Approval, {
        where: { state: 'pending', deadline: LessThanOrEqual(new Date()) },
        take: batch,
        lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
      })
      for (const approval of due) {
        await this.approvals.decide(tx, approval, {
          state: 'expired',
          answer: approval.defaultAnswer,
          decidedBy: null,
          comment: null,
        })
      }
    })
  }
}
