import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  AgentDispose,
  AgentProposed,
  AgentRefused,
  AgentRegistered,
  MatchUncertain,
  type ReceivedMessage,
  SkillsMatched,
  SkillsUnmatched,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { MatchQuestions } from './approvals/match.questions.js'
import { TaskLifecycle } from './task.lifecycle.js'

/** What the skill registry answers: an agent, a proposal, nobody; and what became of an approved proposal. */
@Controller()
export class MatchController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(MatchQuestions) private readonly questions: MatchQuestions,
  ) {}

  @Handles(SkillsMatched)
  async matched(
    @Payload() { taskId, match, agent }: SkillsMatched,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, taskId)
      if (task?.state !== 'matching') return
      const origin = this.lifecycle.origin(task, message.header.id)
      await this.lifecycle.startAttempt(tx, task, { match, agent }, origin, { match })
    })
  }

  @Handles(AgentProposed)
  async proposed(@Payload() proposed: AgentProposed, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, proposed.taskId)
      if (task?.state !== 'matching' && task?.state !== 'awaiting-approval') return
      await this.questions.askForNewAgent(tx, task, proposed, message.header.id)
    })
  }

  @Handles(MatchUncertain)
  async uncertain(@Payload() uncertain: MatchUncertain, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, uncertain.taskId)
      if (task?.state !== 'matching') return
      await this.questions.askForChoice(tx, task, uncertain, message.header.id)
    })
  }

  @Handles(SkillsUnmatched)
  async unmatched(
    @Payload() { taskId, match }: SkillsUnmatched,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, taskId)
      if (!task) return
      const missing = match.missingSkills.map((words) => `“${words}”`).join(', ')
      const why = missing ? `no skill for ${missing}` : (match.reasons.at(-1) ?? 'no skill for this task')
      const error = { code: 'no-agent', message: `no agent: ${why}` }
      await this.lifecycle.move(
        tx,
        task,
        'rejected',
        { match, error },
        this.lifecycle.origin(task, message.header.id),
      )
    })
  }

  @Handles(AgentRegistered)
  async registered(
    @Payload() { taskId, agent }: AgentRegistered,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, taskId)
      if (!task) return
      const origin = this.lifecycle.origin(task, message.header.id)
      if (task.state === 'awaiting-approval') {
        await this.lifecycle.startAttempt(tx, task, { agent }, origin)
      } else if (agent.ref.ephemeral && task.agent?.ref.id !== agent.ref.id) {
        // Canceled while the agent was being hired: nobody will use it.
        tx.publish(AgentDispose, { taskId, agentId: agent.ref.id }, origin)
      }
    })
  }

  @Handles(AgentRefused)
  async refused(
    @Payload() { taskId, code, message: why }: AgentRefused,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, taskId)
      if (!task) return
      const origin = this.lifecycle.origin(task, message.header.id)
      await this.lifecycle.move(tx, task, 'rejected', { error: { code, message: why } }, origin)
    })
  }
}
