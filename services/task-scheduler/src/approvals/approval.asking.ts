import { Inject, Injectable } from '@nestjs/common'
import { type ApprovalOption, isTerminal } from '@guildhall/contracts'
import { row, type Transaction } from '@guildhall/mysql'
import { ServiceLogger } from '@guildhall/service-defaults'
import { TaskSchedulerConfig } from '../task-scheduler.config.js'
import type { Task } from '../task.entity.js'
import { announceQuestion } from './approval.announcing.js'
import { ApprovalDeciding } from './approval.deciding.js'
import {
  approvedBefore,
  approvedByPolicy,
  type Decision,
  deniedByPolicy,
  refusedWithoutApprovers,
  withdrawnWith,
} from './approval.decision.js'
import { Approval } from './approval.entity.js'
import { factsOf } from './approval.facts.js'
import { pendingApproval, type Question } from './approval.question.js'
import { problemOfApprovers, type ResolvedRules, resolveRules } from './approval.rules.js'
import { stillAllows } from './answer.policy.js'
import { countUse, newestRules } from './policy.repository.js'
import { votesByApproval } from './vote.repository.js'

const mostPermissions = 20

/** Makes approvals of questions: denied or approved by the policy at once, or pending until a person answers. */
@Injectable()
export class ApprovalAsking {
  constructor(
    @Inject(ApprovalDeciding) private readonly deciding: ApprovalDeciding,
    @Inject(TaskSchedulerConfig) private readonly config: TaskSchedulerConfig,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  /**
   * Asks about a task that the caller has locked.
   * @param place puts the task into the state in which it waits for this approval; false: it has moved on, and nobody is
   * asked
   * @returns the approval, decided already where the policy decides
   */
  async ask(
    tx: Transaction,
    task: Task,
    question: Question,
    place: (approval: Approval) => Promise<boolean>,
    causationid?: string,
  ): Promise<Approval | undefined> {
    const now = new Date()
    const facts = factsOf(question.kind, question.taskId, question.subject)
    const rules = resolveRules(
      await newestRules(tx.manager, question.tenant),
      facts,
      {
        deadlineMs: this.config.approvalDeadlineMs,
        requesterMayAnswer: this.config.requesterMayAnswer,
      },
      now,
    )
    const approval = pendingApproval(question, rules, now)
    if (!(await place(approval))) return undefined
    const isOver = isTerminal(task.state) && question.kind !== 'keep-agent'
    const decision = isOver ? withdrawnWith(task.state) : await this.decideAtOnce(tx, approval, rules)
    await tx.manager.insert(Approval, row<Approval>(approval))
    if (decision) await this.deciding.settle(tx, { approval, task }, decision, causationid)
    else announceQuestion(tx, approval, [], causationid)
    return approval
  }

  /** What needs no person: a denial first, then what was allowed for good, then a rule that approves. */
  private async decideAtOnce(
    tx: Transaction,
    approval: Approval,
    rules: ResolvedRules,
  ): Promise<Decision | undefined> {
    const { denial, allowances } = rules
    if (denial) return deniedByPolicy(denial.name, denial.reason)
    const standing = await this.standingPermission(tx, approval)
    if (standing !== undefined) return approvedBefore(standing)
    for (const rule of allowances) {
      const answer = rule.answer ?? 'once'
      if (!isOffered(approval.options, answer)) continue
      if (await countUse(tx.manager, approval.tenant, rule)) return approvedByPolicy(rule.name, answer)
    }
    const problem = problemOfApprovers(
      approval.approvers,
      approval.escalation ?? undefined,
      approval.requestedBy,
    )
    if (problem === undefined) return undefined
    this.logger.error(
      { taskId: approval.taskId, kind: approval.kind },
      `refused, nobody was asked: ${problem}`,
    )
    return refusedWithoutApprovers(problem)
  }

  /** The id of an approval that allows this very call for good, by people who might allow it today. */
  private async standingPermission(
    tx: Transaction,
    { tenant, digest, kind, approvers, requestedBy }: Approval,
  ): Promise<string | undefined> {
    if (kind !== 'function-call') return undefined
    const permanent = await tx.manager.find(Approval, {
      where: { tenant, digest, kind, state: 'approved', answer: 'permanent' },
      select: { id: true },
      order: { createdAt: 'DESC', id: 'DESC' },
      take: mostPermissions,
    })
    const votes = await votesByApproval(
      tx.manager,
      permanent.map(({ id }) => id),
    )
    return permanent.find(({ id }) => stillAllows(votes.get(id) ?? [], approvers, requestedBy))?.id
  }
}

function isOffered(options: readonly ApprovalOption[], answer: string): boolean {
  return answer !== 'refuse' && options.some((option) => option.answer === answer)
}
