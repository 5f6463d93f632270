import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  AgentDispose,
  type AgentRefusal,
  AgentRefused,
  AgentRegister,
  AgentRegistered,
  type AgentSnapshot,
  causedBy,
  ProposalClose,
  type ReceivedMessage,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { Metrics, ServiceLogger } from '@guildhall/service-defaults'
import { LearntExamples } from '../matching/learnt.examples.js'
import { MatchDecision } from '../matching/match-decision.entity.js'
import { lockRegistry } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { SkillRegistry } from '../skill.registry.js'
import type { Skill } from '../skills/skill.entity.js'
import { SkillRepository } from '../skills/skill.repository.js'
import { AgentRepository } from '../agents/agent.repository.js'
import { agentRef, agentSnapshot } from '../agents/agent.views.js'
import { Proposal } from './proposal.entity.js'
import { readDraft } from './draft.document.js'
import { approvedContent, nameTaken } from './proposal.policy.js'

/** Makes agents of approved proposals, and lets the ephemeral ones go. */
@Controller()
export class HiringController {
  private readonly hired

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SkillRegistry) private readonly registry: SkillRegistry,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(LearntExamples) private readonly learnt: LearntExamples,
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
      const hired = await this.hire(scope, request)
      if ('code' in hired) {
        outcome = 'refused'
        tx.publish(AgentRefused, { taskId, ...hired }, origin)
        this.logger.warn({ taskId, proposalId: id, ...hired }, 'approved proposal refused')
        return
      }
      outcome = permanent ? 'permanent' : 'ephemeral'
      tx.publish(AgentRegistered, { taskId, agent: hired }, origin)
    })
    if (isFirst) this.hired.inc({ outcome })
  }

  /** Nobody will approve it: its place among the open ones is free. */
  @Handles(ProposalClose)
  async close(
    @Payload() { taskId, proposalId: id, ending }: ProposalClose,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    const { tenant } = message.header
    await this.database.handleOnce(message, async (tx) => {
      const open = { id, tenant, taskId, state: 'proposed' as const }
      await tx.manager.update(Proposal, open, { state: ending, endedAt: new Date() })
    })
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

  private async hire(scope: RegistryScope, request: AgentRegister): Promise<AgentSnapshot | AgentRefusal> {
    const { taskId, proposalId: id, permanent } = request
    const { manager, tenant } = scope
    // The registry first, as everywhere: who locks in another order may wait for whom it keeps waiting.
    await lockRegistry(scope)
    const lock = { mode: 'pessimistic_write' } as const
    const proposal = await manager.findOne(Proposal, { where: { id, tenant }, lock })
    const approved = approvedContent(request, proposal)
    if ('code' in approved) return approved
    const { config, skills: chosen, drafts } = approved.subject
    const taken = drafts.length > 0 ? nameTaken(drafts, await this.skills.names(scope)) : undefined
    if (taken) return taken
    const made: Skill[] = []
    for (const draft of drafts) made.push((await this.skills.add(scope, readDraft(draft))).skill)
    const held = await this.skills.withIds(
      scope,
      chosen.map((skill) => skill.id),
    )
    const permanence = permanent ? ({ permanent } as const) : ({ permanent: false, taskId } as const)
    const agentId = await this.registry.saveAgentConfig(scope, config, permanence)
    const current = await this.agents.withId(scope, agentId)
    if (!current) throw new Error(`agent ${agentId} was saved and is not there`)
    await manager.update(Proposal, { id }, { state: 'registered', agentId, endedAt: new Date() })
    const decision = await manager.findOneBy(MatchDecision, { id: proposal?.matchId ?? '', tenant })
    if (decision) await this.learnt.learn(scope, config.skills, { id: taskId, goal: decision.goal })
    return agentSnapshot(agentRef(current), config, [...held, ...made])
  }
}
