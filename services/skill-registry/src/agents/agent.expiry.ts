import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { Database } from '@guildhall/mysql'
import { RecurringWork, ServiceLogger } from '@guildhall/service-defaults'
import { AgentRepository } from './agent.repository.js'
import { Proposal } from '../proposals/proposal.entity.js'

const checkEveryMs = 1_000
const batch = 50

/**
 * Lets ephemeral agents go whose time is up: whoever would have said that their task is over may have died. Runs that they
 * are in go on. Any number of replicas may do it.
 */
@Injectable()
export class AgentExpiry implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly recurring: RecurringWork

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {
    const failure = 'the time of agents cannot be checked for now'
    const work = () => this.disposeOfExpired()
    this.recurring = new RecurringWork({ everyMs: checkEveryMs, work, failure, logger })
  }

  onApplicationBootstrap(): void {
    this.recurring.start()
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.recurring.stop()
  }

  private async disposeOfExpired(): Promise<void> {
    await this.database.transact(async ({ manager }) => {
      for (const agent of await this.agents.expired(manager, batch)) {
        const { id, tenant, taskId, name } = agent
        await this.agents.end({ manager, tenant }, agent, 'disposed')
        await manager.update(Proposal, { agentId: id }, { state: 'disposed' })
        this.logger.warn({ agentId: id, agent: name, taskId }, 'the time of an ephemeral agent is up')
      }
    })
  }
}
