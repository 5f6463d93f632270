import { Inject, Injectable } from '@nestjs/common'
import {
  type AgentCandidate,
  type AgentProposed,
  approvalDigest,
  type ApprovalFile,
  type MatchUncertain,
} from '@guildhall/contracts'
import type { Transaction } from '@guildhall/mysql'
import type { Task } from '../task.entity.js'
import { TaskLifecycle } from '../task.lifecycle.js'
import { originOf } from './approval.announcing.js'
import { ApprovalAsking } from './approval.asking.js'
import { ApprovalDeciding } from './approval.deciding.js'
import { superseded } from './approval.decision.js'
import type { Approval } from './approval.entity.js'
import type { ChoiceSubject } from './approval.continuation.js'
import { choiceOptions, newAgentOptions } from './approval.options.js'

/** A proposal with the files of its skills, where it names any. */
type SealedProposal = AgentProposed & { files?: ApprovalFile[] }

/** What a person is asked when a task is matched. */
@Injectable()
export class MatchQuestions {
  constructor(
    @Inject(ApprovalAsking) private readonly asking: ApprovalAsking,
    @Inject(ApprovalDeciding) private readonly deciding: ApprovalDeciding,
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
  ) {}

  /** A proposal that differs from the one asked about takes its place; the task's row is locked. */
  async askForNewAgent(
    tx: Transaction,
    task: Task,
    proposed: AgentProposed,
    causationid: string,
  ): Promise<void> {
    if (
      task.state === 'awaiting-approval' &&
      !(await this.supersede(tx, task, proposed.digest, causationid))
    ) {
      return
    }
    // Everything that the proposal says, but for its names and how it came about, is what will happen.
    const { taskId, proposalId, match, digest, files = [], ...subject }: SealedProposal = proposed
    const { config } = subject
    const question = {
      taskId,
      tenant: task.tenant,
      kind: 'new-agent' as const,
      question: questionAbout(config.name, config.skills),
      subject,
      files,
      digest,
      options: [...newAgentOptions],
      requestedBy: task.clientId,
      askedBy: 'skill-registry' as const,
      proposalId,
      match,
    }
    await this.asking.ask(
      tx,
      task,
      question,
      (approval) => this.wait(tx, task, approval, causationid),
      causationid,
    )
  }

  /** Agents may fit, and none is sure enough; the task's row is locked. */
  async askForChoice(
    tx: Transaction,
    task: Task,
    { taskId, match, candidates, proposable }: MatchUncertain,
    causationid: string,
  ): Promise<void> {
    const kind = 'agent-choice' as const
    const subject: ChoiceSubject = { goal: task.goal, candidates }
    const question = {
      taskId,
      tenant: task.tenant,
      kind,
      question: choiceBetween(candidates),
      subject,
      files: [],
      digest: approvalDigest({ kind, subject }),
      options: choiceOptions(candidates, proposable),
      requestedBy: task.clientId,
      askedBy: 'skill-registry' as const,
      match,
    }
    await this.asking.ask(
      tx,
      task,
      question,
      (approval) => this.wait(tx, task, approval, causationid),
      causationid,
    )
  }

  private async wait(tx: Transaction, task: Task, approval: Approval, causationid: string): Promise<boolean> {
    const { id: approvalId, match } = approval
    if (task.state === 'awaiting-approval') {
      await this.lifecycle.noteApproval(tx, task, approvalId)
      return true
    }
    const shown = { approvalId, ...(match && { match }) }
    return this.lifecycle.move(tx, task, 'awaiting-approval', shown, originOf(approval, causationid), shown)
  }

  /** @returns false when the task waits for no other proposal than this one. */
  private async supersede(
    tx: Transaction,
    task: Task,
    digest: string,
    causationid: string,
  ): Promise<boolean> {
    const current = task.approvalId === null ? undefined : await this.deciding.lock(tx, task.approvalId)
    if (!current) return false
    const { kind, state, digest: asked } = current.approval
    if (kind !== 'new-agent' || state !== 'pending' || asked === digest) return false
    await this.deciding.settle(tx, current, superseded, causationid)
    return true
  }
}

function choiceBetween(candidates: readonly AgentCandidate[]): string {
  const named = candidates.map(({ agent, matchScore }) => `${agent.name} (${matchScore.toFixed(2)})`)
  return `No agent is sure to fit. Which shall do it: ${named.join(', ') || 'a new one'}?`
}

function questionAbout(name: string, skills: readonly string[]): string {
  const named = skills.slice(0, 10).join(', ')
  const more = skills.length > 10 ? ` and ${skills.length - 10} more` : ''
  return `Hire ${name} with the skills ${named}${more}, for once or for good?`
}
