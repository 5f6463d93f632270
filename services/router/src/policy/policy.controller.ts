import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import { PolicyFound, PolicyGet, PolicySet, PolicyStored, type ReceivedMessage } from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { requesterOf } from '../requester.js'
import { addPolicy, readNewestPolicy } from './policy.repository.js'

/** What administrators say about the policy. Each router applies a new version within half a second. */
@Controller()
export class PolicyController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Handles(PolicyGet)
  async get(): Promise<PolicyFound> {
    return { policy: await readNewestPolicy(this.database.manager) }
  }

  @Handles(PolicySet)
  async set(@Payload() request: PolicySet, @Ctx() message: ReceivedMessage): Promise<void> {
    const { expectedVersion, rules } = request
    await this.database.handleOnce(message, async (tx) => {
      const policy = await addPolicy(tx.manager, expectedVersion, rules, requesterOf(message))
      tx.reply(message, PolicyStored, { policy })
    })
  }
}
