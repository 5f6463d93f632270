import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  AgentProposed,
  allowsFunction,
  canonicalDigest,
  causedBy,
  functionNames,
  MatchExplain,
  MatchExplained,
  type MatchSummary,
  newId,
  type ReceivedMessage,
  SkillsMatch,
  SkillsMatched,
  SkillsUnmatched,
} from '@guildhall/contracts'
import { Database, row, type Transaction } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { Metrics, ServiceLogger } from '@guildhall/service-defaults'
import { agentSnapshot } from '../agents/agent.views.js'
import { Proposal } from '../agents/proposal.entity.js'
import type { RegistryScope } from '../registry.scope.js'
import { type AgentSearch, SkillRegistry } from '../skill.registry.js'
import { SkillRepository } from '../skills/skill.repository.js'
import { reasonNotToHire } from './hiring.policy.js'
import { MatchDecision } from './match-decision.entity.js'
import { type Decision, futureRef, reasonNotToSend } from './match.decision.js'
import { explain, summarise, summariseProposal } from './match.summary.js'

/** Finds the agent for a task, or proposes one, and records why. */
@Controller()
export class MatchController {
  private readonly decided
  private readonly seconds

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SkillRegistry) private readonly registry: SkillRegistry,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.decided = metrics.counter('guildhall_matches_total', 'Match decisions', ['outcome'])
    this.seconds = metrics.histogram('guildhall_match_seconds', 'Time to find the agent for a task')
  }

  @Handles(SkillsMatch)
  async match(@Payload() request: SkillsMatch, @Ctx() message: ReceivedMessage): Promise<void> {
    const { taskId, goal } = request
    const { tenant } = message.header
    let outcome = ''
    const isFirst = await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant }
      const done = this.seconds.startTimer()
      const search = await this.registry.findAgentForTask(scope, { goal, functions: functionsHeld(request) })
      const decision = await this.decide(scope, search, request)
      done()
      outcome = decision.outcome
      const match = summaryOf(search, decision)
      await tx.manager.insert(
        MatchDecision,
        row<MatchDecision>({
          id: match.matchId,
          taskId,
          tenant,
          goal,
          outcome: decision.outcome,
          match,
          source: search.explanation.requirements.source,
          createdAt: new Date(),
        }),
      )
      await this.answer(tx, message, { taskId, match, decision })
    })
    if (!isFirst) return
    this.decided.inc({ outcome })
    this.logger.info({ taskId, outcome }, 'task matched')
  }

  @Handles(MatchExplain)
  async explain(@Payload() { goal }: MatchExplain, @Ctx() message: ReceivedMessage): Promise<MatchExplained> {
    const scope = { manager: this.database.manager, tenant: message.header.tenant }
    const task = { goal, functions: functionNames }
    const { found, explanation } = await this.registry.findAgentForTask(scope, task)
    return explain(explanation, summarise(newId(), explanation, found?.[0].ref))
  }

  private async decide(scope: RegistryScope, search: AgentSearch, request: SkillsMatch): Promise<Decision> {
    const { found, requiredSkills, explanation } = search
    if (found) {
      const reason = reasonNotToSend(found[0])
      return reason === undefined ? { outcome: 'matched', agent: found[0] } : { outcome: 'unmatched', reason }
    }
    if (explanation.outcome === 'no-skill') return { outcome: 'unmatched' }
    const notHired = reasonNotToHire(explanation, requiredSkills, functionsHeld(request))
    if (notHired !== undefined) return { outcome: 'unmatched', reason: notHired }

    const proposalId = newId()
    const skillIds = requiredSkills.map((skill) => skill.id)
    const config = await this.registry.proposeNewAgent(
      scope,
      requiredSkills.map((skill) => skill.name),
      proposalId,
    )
    const skills = await this.skills.withIds(scope, skillIds)
    const reason = reasonNotToSend(agentSnapshot(futureRef, config, skills))
    return reason === undefined
      ? { outcome: 'proposed', proposalId, config, skillIds }
      : { outcome: 'unmatched', reason }
  }

  private async answer(
    tx: Transaction,
    message: ReceivedMessage,
    { taskId, match, decision }: { taskId: string; match: MatchSummary; decision: Decision },
  ): Promise<void> {
    const origin = causedBy(message.header)
    switch (decision.outcome) {
      case 'matched':
        tx.publish(SkillsMatched, { taskId, match, agent: decision.agent }, origin)
        return
      case 'unmatched':
        tx.publish(SkillsUnmatched, { taskId, match }, origin)
        return
      case 'proposed': {
        const { proposalId, config, skillIds } = decision
        const digest = canonicalDigest(config)
        await tx.manager.insert(
          Proposal,
          row<Proposal>({
            id: proposalId,
            taskId,
            tenant: message.header.tenant,
            config,
            digest,
            skillIds,
            match,
            state: 'proposed',
            agentId: null,
            createdAt: new Date(),
          }),
        )
        tx.publish(AgentProposed, { taskId, proposalId, match, config, digest }, origin)
      }
    }
  }
}

function functionsHeld({ rights }: SkillsMatch) {
  return functionNames.filter((name) => allowsFunction(rights, name))
}

function summaryOf({ explanation, found }: AgentSearch, decision: Decision): MatchSummary {
  switch (decision.outcome) {
    case 'matched':
      return summarise(newId(), explanation, found?.[0].ref)
    case 'proposed':
      return summariseProposal(newId(), explanation, decision.config.name)
    case 'unmatched':
      return summarise(
        newId(),
        explanation,
        undefined,
        decision.reason === undefined ? [] : [decision.reason],
      )
  }
}
