import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  allRights,
  causedBy,
  MatchExplain,
  MatchExplained,
  type MatchSummary,
  MatchUncertain,
  newId,
  type ReceivedMessage,
  SkillsMatch,
  SkillsMatched,
  SkillsUnmatched,
} from '@guildhall/contracts'
import { Database, row, type Transaction } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { Metrics, ServiceLogger } from '@guildhall/service-defaults'
import { ProposalDesk } from '../proposals/proposal.desk.js'
import type { RegistryScope } from '../registry.scope.js'
import { type AgentSearch, SkillRegistry } from '../skill.registry.js'
import { MatchDecision } from './match-decision.entity.js'
import { type Decision, reasonNotToSend } from './match.decision.js'
import { candidatesOf, evidenceOf, explain, summarise, summariseProposal } from './match.summary.js'

/** Finds the agent for a task, or proposes one, and records why. */
@Controller()
export class MatchController {
  private readonly decided
  private readonly seconds

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SkillRegistry) private readonly registry: SkillRegistry,
    @Inject(ProposalDesk) private readonly desk: ProposalDesk,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.decided = metrics.counter('guildhall_matches_total', 'Match decisions', ['outcome'])
    this.seconds = metrics.histogram('guildhall_match_seconds', 'Time to find the agent for a task')
  }

  @Handles(SkillsMatch)
  async match(@Payload() request: SkillsMatch, @Ctx() message: ReceivedMessage): Promise<void> {
    const { taskId, goal, rights } = request
    const { tenant } = message.header
    // Before the transaction: it may take seconds, and it changes nothing.
    const scope = { manager: this.database.manager, tenant }
    const done = this.seconds.startTimer()
    const search = await this.registry.findAgentForTask(scope, request)
    const decision = await this.decide(scope, search, request, message.signal)
    done()
    const match = summaryOf(search, decision)
    const isFirst = await this.database.handleOnce(message, async (tx) => {
      await tx.manager.insert(
        MatchDecision,
        row<MatchDecision>({
          id: match.matchId,
          taskId,
          tenant,
          goal,
          requester: { rights },
          outcome: decision.outcome,
          match,
          evidence: evidenceOf(search),
          answer: null,
          source: search.explanation.source,
          createdAt: new Date(),
        }),
      )
      await this.answer(tx, message, { taskId, match, decision })
    })
    if (!isFirst) return
    const { outcome } = decision
    this.decided.inc({ outcome })
    this.logger.info({ taskId, outcome }, 'task matched')
  }

  @Handles(MatchExplain)
  async explain(@Payload() { goal }: MatchExplain, @Ctx() message: ReceivedMessage): Promise<MatchExplained> {
    const scope = { manager: this.database.manager, tenant: message.header.tenant }
    const task = { goal, rights: allRights }
    const { found, explanation } = await this.registry.findAgentForTask(scope, task)
    return explain(explanation, summarise(newId(), explanation, found?.[0].ref))
  }

  private async decide(
    scope: RegistryScope,
    search: AgentSearch,
    request: SkillsMatch,
    signal: AbortSignal,
  ): Promise<Decision> {
    const { found, catalog, explanation } = search
    if (found) {
      const tooLarge = reasonNotToSend(found[0])
      return tooLarge === undefined
        ? { outcome: 'matched', agent: found[0] }
        : { outcome: 'unmatched', reasons: [tooLarge] }
    }
    if (explanation.result.outcome === 'confirm') {
      const candidates = candidatesOf(catalog, explanation.result)
      return { outcome: 'uncertain', candidates, proposable: this.desk.isProposable(search, request) }
    }
    const drawn = await this.desk.draw(scope, search, request, { signal })
    return 'content' in drawn
      ? { outcome: 'proposed', drawn }
      : { outcome: 'unmatched', reasons: drawn.reasons }
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
      case 'uncertain': {
        const { candidates, proposable } = decision
        tx.publish(MatchUncertain, { taskId, match, candidates, proposable }, origin)
        return
      }
      case 'unmatched':
        tx.publish(SkillsUnmatched, { taskId, match }, origin)
        return
      case 'proposed':
        await this.desk.open(tx, message, { taskId, match, drawn: decision.drawn })
    }
  }
}

function summaryOf({ explanation, found }: AgentSearch, decision: Decision): MatchSummary {
  switch (decision.outcome) {
    case 'matched':
      return summarise(newId(), explanation, found?.[0].ref)
    case 'uncertain':
      return summarise(newId(), explanation)
    case 'proposed':
      return summariseProposal(newId(), explanation, decision.drawn)
    case 'unmatched':
      return summarise(newId(), explanation, undefined, decision.reasons)
  }
}
