import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  AgentKeep,
  AgentKeepRequested,
  ApprovalAnswered,
  ApprovalAsk,
  approvalDigest,
  ApprovalUsed,
  causedBy,
  newId,
  noRights,
  type ReceivedMessage,
  RequestError,
} from '@guildhall/contracts'
import { Database, type Transaction } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { ServiceLogger } from '@guildhall/service-defaults'
import { lockRegistry, markChanged } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { AgentKeeping } from './agent-keeping.entity.js'
import { agentNotFound } from './agent.errors.js'
import { AgentRepository } from './agent.repository.js'
import { problemOfExcess } from './agent.rights.js'
import { agentView, type CurrentAgent } from './agent.views.js'
import { isAsAgreed, keepingContent, reasonNotToKeep } from './keeping.policy.js'

/** Has people asked whether an ephemeral agent is kept, and keeps it when they agree; its task may be over by then. */
@Controller()
export class AgentKeepingController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  @Handles(AgentKeep)
  async keep(@Payload() request: AgentKeep, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant: message.header.tenant }
      await lockRegistry(scope)
      const found = await this.agents.named(scope, request.agent)
      if (!found) throw agentNotFound(request.agent)
      const { taskId, name } = found.agent
      const client = message.stamp.client
      const refusal =
        reasonNotToKeep(found.agent) ?? problemOfExcess(found.version.config, client?.rights ?? noRights)
      if (refusal) throw new RequestError(refusal.code, refusal.message)
      if (taskId === null) throw new Error(`agent ${found.agent.id} is ephemeral and of no task`)
      const content = keepingContent(found)
      const { askId } = await this.keepingOf(scope, found, client?.id ?? '')
      tx.reply(message, AgentKeepRequested, { agent: agentView(found), askId })
      tx.publish(
        ApprovalAsk,
        {
          taskId,
          askId,
          question: `Keep ${name}, which was hired for one task, for later tasks?`,
          ...content,
        },
        { ...causedBy(message.header), subject: taskId },
      )
    })
  }

  @Handles(ApprovalAnswered)
  async answered(@Payload() answered: ApprovalAnswered, @Ctx() message: ReceivedMessage): Promise<void> {
    // Every service that asks hears every answer.
    if (answered.kind !== 'keep-agent') return
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant: message.header.tenant }
      const { askId, kind, state } = answered
      await lockRegistry(scope)
      const keeping = await tx.manager.findOneBy(AgentKeeping, { askId, tenant: scope.tenant })
      if (!keeping) {
        this.logger.warn({ askId, kind, state }, 'answer to a question that the registry did not ask')
        return
      }
      if (keeping.state !== 'asked') return
      await tx.manager.update(
        AgentKeeping,
        { askId },
        {
          state:
            state === 'approved' ? await this.keepAgreed(tx, scope, keeping, answered, message) : 'refused',
        },
      )
    })
  }

  private async keepAgreed(
    tx: Transaction,
    scope: RegistryScope,
    keeping: AgentKeeping,
    answered: ApprovalAnswered,
    message: ReceivedMessage,
  ): Promise<'kept' | 'void'> {
    const { taskId, askId, approvalId } = answered
    const current = await this.agents.withId(scope, keeping.agentId)
    if (!current || !isAsAgreed(answered, keeping, current)) {
      this.logger.warn({ askId, agentId: keeping.agentId }, 'not kept: it is not what was agreed to any more')
      return 'void'
    }
    const { id, name } = await this.agents.keep(scope, current.agent)
    await markChanged(scope)
    tx.publish(ApprovalUsed, { taskId, askId, approvalId }, causedBy(message.header))
    this.logger.info({ agentId: id, agent: name }, 'an ephemeral agent stays')
    return 'kept'
  }

  /** The question about an agent, as it is now, that waits for an answer; a new one where there is none. */
  private async keepingOf(
    { manager, tenant }: RegistryScope,
    current: CurrentAgent,
    askedBy: string,
  ): Promise<AgentKeeping> {
    const agentId = current.agent.id
    const digest = approvalDigest(keepingContent(current))
    const open = await manager.findOneBy(AgentKeeping, { agentId, digest, state: 'asked' })
    if (open) return open
    const keeping: AgentKeeping = {
      askId: newId(),
      tenant,
      agentId,
      digest,
      state: 'asked',
      askedBy,
      createdAt: new Date(),
    }
    await manager.insert(AgentKeeping, keeping)
    return keeping
  }
}
