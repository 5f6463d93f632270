import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  AgentDispose,
  AgentRefused,
  AgentRegister,
  AgentRegistered,
  causedBy,
  type ReceivedMessage,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { Metrics, ServiceLogger } from '@guildhall/service-defaults'
import { SkillRegistry } from '../skill.registry.js'
import { SkillRepository } from '../skills/skill.repository.js'
import { AgentRepository } from './agent.repository.js'
import { agentRef, agentSnapshot } from './agent.views.js'
import { Proposal } from './proposal.entity.js'
import { reasonToRefuse } from './proposal.policy.js'

/** Makes agents of approved proposals, and lets the ephemeral ones go. */
@Controller()
export class HiringController {
  private readonly hired

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SkillRegistry) private readonly registry: SkillRegistry,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.hired = metrics.counter('guildhall_agents_hired_total', 'Approved proposals, by outcome', [
      'outcome',
    ])
  }

  @Handles(AgentRegister)
  async register(@Payload() request: AgentRegister, @Ctx() message: ReceivedMessage): Promise<void> {
    const { taskId, proposalId: id, permanent } = request
    const { tenant } = message.header
    let outcome = ''
    const isFirst = await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant }
      const origin = causedBy(message.header)
      const lock = { mode: 'pessimistic_write' } as const
      const proposal = await tx.manager.findOne(Proposal, { where: { id, tenant }, lock })
      const refusal = reasonToRefuse(request, proposal)
      if (!proposal || refusal) {
        outcome = 'refused'
        tx.publish(AgentRefused, { taskId, code: '', message: '', ...refusal }, origin)
        this.logger.warn({ taskId, proposalId: id, ...refusal }, 'approved proposal refused')
        return
      }
      const { config, skillIds } = proposal
      const permanence = permanent ? ({ permanent } as const) : ({ permanent: false, taskId } as const)
      const agentId = await this.registry.saveAgentConfig(scope, config, permanence)
      const current = await this.agents.withId(scope, agentId)
      if (!current) throw new Error(`agent ${agentId} was saved and is not there`)
      await tx.manager.update(Proposal, { id }, { state: 'registered', agentId })
      const skills = await this.skills.withIds(scope, skillIds)
      tx.publish(AgentRegistered, { taskId, agent: agentSnapshot(agentRef(current), config, skills) }, origin)
      outcome = permanent ? 'permanent' : 'ephemeral'
    })
    if (isFirst) this.hired.inc({ outcome })
  }

  @Handles(AgentDispose)
  async dispose(
    @Payload() { taskId, agentId }: AgentDispose,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant: message.header.tenant }
      const found = await this.agents.withId(scope, agentId)
      if (!found?.agent.ephemeral || found.agent.taskId !== taskId) {
        this.logger.warn({ taskId, agentId }, 'not disposed of: no ephemeral agent of this task has this id')
        return
      }
      if (found.agent.state !== 'active') return
      await this.agents.end(scope, found.agent, 'disposed')
      await tx.manager.update(Proposal, { agentId }, { state: 'disposed' })
    })
  }
}
