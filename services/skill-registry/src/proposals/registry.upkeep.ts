import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { Database, In, LessThan } from '@guildhall/mysql'
import { RecurringWork, ServiceLogger } from '@guildhall/service-defaults'
import { MatchDecision } from '../matching/match-decision.entity.js'
import { SkillRegistryConfig } from '../skill-registry.config.js'
import { Proposal } from './proposal.entity.js'

const everyMs = 10 * 60_000
const batch = 500

/**
 * Ends proposals that nobody answered and nobody closed, so that they take no place among the open ones for ever, and
 * deletes ended proposals and match decisions whose time is up. Any number of replicas may do it.
 */
@Injectable()
export class RegistryUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly recurring: RecurringWork

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SkillRegistryConfig) private readonly config: SkillRegistryConfig,
    @Inject(ServiceLogger) logger: ServiceLogger,
  ) {
    const failure = 'the registry cannot be tidied for now'
    this.recurring = new RecurringWork({ everyMs, work: () => this.tidy(), failure, logger })
  }

  onApplicationBootstrap(): void {
    this.recurring.start()
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.recurring.stop()
  }

  /** One round: a bounded number of rows of each kind. */
  async tidy(now = new Date()): Promise<void> {
    const { proposalLifeMs, retentionMs } = this.config
    const before = (ms: number) => LessThan(new Date(now.getTime() - ms))
    await this.database.transact(async ({ manager }) => {
      const overdue = await manager.find(Proposal, {
        select: { id: true },
        where: { state: 'proposed', createdAt: before(proposalLifeMs) },
        take: batch,
        lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
      })
      const ids = overdue.map(({ id }) => id)
      if (ids.length > 0) await manager.update(Proposal, { id: In(ids) }, { state: 'expired', endedAt: now })
    })
    const { manager } = this.database
    const ended = await manager.find(Proposal, {
      select: { id: true },
      where: { endedAt: before(retentionMs) },
      take: batch,
    })
    if (ended.length > 0) await manager.delete(Proposal, { id: In(ended.map(({ id }) => id)) })
    const old = await manager.find(MatchDecision, {
      select: { id: true },
      where: { createdAt: before(retentionMs) },
      take: batch,
    })
    if (old.length > 0) await manager.delete(MatchDecision, { id: In(old.map(({ id }) => id)) })
  }
}
