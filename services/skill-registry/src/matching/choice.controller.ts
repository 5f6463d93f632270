import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  AgentChoose,
  AgentPropose,
  type AgentRefusal,
  AgentRefused,
  causedBy,
  noRights,
  type ReceivedMessage,
  SkillsMatched,
  SkillsUnmatched,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { AgentRepository } from '../agents/agent.repository.js'
import { agentRef, agentSnapshot } from '../agents/agent.views.js'
import { ProposalDesk } from '../proposals/proposal.desk.js'
import { lockRegistry } from '../registry.revision.js'
import { SkillRegistry } from '../skill.registry.js'
import { SkillRepository } from '../skills/skill.repository.js'
import { LearntExamples } from './learnt.examples.js'
import { answerable, chosenAgent } from './choice.policy.js'
import { MatchDecision } from './match-decision.entity.js'
import { reasonNotToSend } from './match.decision.js'
import { summarise, summariseProposal } from './match.summary.js'

/** Carries out what a person answered when nobody was sure to fit. */
@Controller()
export class ChoiceController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SkillRegistry) private readonly registry: SkillRegistry,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(LearntExamples) private readonly learnt: LearntExamples,
    @Inject(ProposalDesk) private readonly desk: ProposalDesk,
  ) {}

  @Handles(AgentChoose)
  async choose(@Payload() request: AgentChoose, @Ctx() message: ReceivedMessage): Promise<void> {
    const { taskId, matchId: id, agentId } = request
    const { tenant } = message.header
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant }
      const origin = causedBy(message.header)
      // The registry first, as everywhere: who locks in another order may wait for whom it keeps waiting.
      await lockRegistry(scope)
      const lock = { mode: 'pessimistic_write' } as const
      const decision = await tx.manager.findOne(MatchDecision, { where: { id, tenant }, lock })
      const refuse = (refusal: AgentRefusal) => tx.publish(AgentRefused, { taskId, ...refusal }, origin)
      const asked = answerable(taskId, decision)
      if ('code' in asked) return refuse(asked)
      const chosen = chosenAgent(request, asked, await this.agents.withId(scope, agentId))
      if ('code' in chosen) return refuse(chosen)
      const { config } = chosen.version
      // The versions that were matched, not newer ones: nobody was asked about those.
      const required = await this.skills.withIds(scope, asked.evidence?.skillIds ?? [])
      const held = required.filter(({ name }) => config.skills.includes(name))
      const agent = agentSnapshot(agentRef(chosen), config, held)
      const tooLarge = reasonNotToSend(agent)
      if (tooLarge !== undefined) return refuse({ code: 'too-large', message: tooLarge })
      await tx.manager.update(MatchDecision, { id }, { answer: 'chosen' })
      const names = held.map((skill) => skill.name)
      await this.learnt.learn(scope, names, { id: taskId, goal: asked.goal })
      tx.publish(SkillsMatched, { taskId, match: { ...asked.match, agent: agent.ref }, agent }, origin)
    })
  }

  @Handles(AgentPropose)
  async propose(
    @Payload() { taskId, matchId: id }: AgentPropose,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    const { tenant } = message.header
    const scope = { manager: this.database.manager, tenant }
    const decision = await this.database.manager.findOneBy(MatchDecision, { id, tenant })
    const origin = causedBy(message.header)
    const asked = answerable(taskId, decision)
    if ('code' in asked) {
      await this.database.handleOnce(message, (tx) => {
        tx.publish(AgentRefused, { taskId, ...asked }, origin)
        return Promise.resolve()
      })
      return
    }
    const task = { goal: asked.goal, rights: asked.requester?.rights ?? noRights }
    const search = await this.registry.findAgentForTask(scope, task)
    const drawn = await this.desk.draw(scope, search, task, { isTurnedDown: true, signal: message.signal })
    await this.database.handleOnce(message, async (tx) => {
      await lockRegistry({ manager: tx.manager, tenant })
      const lock = { mode: 'pessimistic_write' } as const
      const still = answerable(
        taskId,
        await tx.manager.findOne(MatchDecision, { where: { id, tenant }, lock }),
      )
      if ('code' in still) {
        tx.publish(AgentRefused, { taskId, ...still }, origin)
        return
      }
      await tx.manager.update(MatchDecision, { id }, { answer: 'proposed' })
      if ('content' in drawn) {
        const match = summariseProposal(id, search.explanation, drawn)
        await this.desk.open(tx, message, { taskId, match, drawn })
        return
      }
      const match = summarise(id, search.explanation, undefined, drawn.reasons)
      tx.publish(SkillsUnmatched, { taskId, match }, origin)
    })
  }
}
