import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  ApprovalPolicyFound,
  ApprovalPolicyGet,
  ApprovalPolicySet,
  ApprovalPolicyStored,
  type ReceivedMessage,
  RequestError,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { deciderOf } from './message.client.js'
import { addPolicy, newestPolicy } from './policy.repository.js'
import { problemOfPolicy } from './policy.validation.js'

/** What administrators say about how questions are asked. */
@Controller()
export class ApprovalPolicyController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Handles(ApprovalPolicyGet)
  async get(
    @Payload() { tenant }: ApprovalPolicyGet,
    @Ctx() message: ReceivedMessage,
  ): Promise<ApprovalPolicyFound> {
    return { policy: await newestPolicy(this.database.manager, tenant ?? message.header.tenant) }
  }

  @Handles(ApprovalPolicySet)
  async set(@Payload() request: ApprovalPolicySet, @Ctx() message: ReceivedMessage): Promise<void> {
    const { tenant = message.header.tenant, expectedVersion, rules } = request
    const problem = problemOfPolicy(rules)
    if (problem) throw new RequestError(problem.code, problem.message)
    await this.database.handleOnce(message, async (tx) => {
      const author = deciderOf(message).id
      const policy = await addPolicy(tx.manager, tenant, expectedVersion, rules, author)
      tx.reply(message, ApprovalPolicyStored, { policy })
    })
  }
}
