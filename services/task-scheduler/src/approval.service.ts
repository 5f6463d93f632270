import { Inject, Injectable } from '@nestjs/common'
import { trace } from '@opentelemetry/api'
import {
  type AgentConfig,
  AgentRegister,
  type AgentProposed,
  type ApprovalAnswer,
  ApprovalRequested,
  type MessageOrigin,
  newId,
  traceContext,
} from '@guildhall/contracts'
import { row, type Transaction } from '@guildhall/mysql'
import { inSpan, Metrics } from '@guildhall/service-defaults'
import { Approval } from './approval.entity.js'
import type { Task } from './task.entity.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { TaskSchedulerConfig } from './task-scheduler.config.js'
import { approvalView } from './views.js'

export interface Decision {
  state: 'approved' | 'refused' | 'expired'
  answer: ApprovalAnswer
  decidedBy: string | null
  comment: string | null
}

/** Asks a person, and carries out the answer exactly once. */
@Injectable()
export class ApprovalService {
  private readonly decisions

  constructor(
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(TaskSchedulerConfig) private readonly config: TaskSchedulerConfig,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.decisions = metrics.counter('guildhall_approvals_total', 'Approvals decided', ['state', 'answer'])
  }

  async ask(tx: Transaction, task: Task, proposed: AgentProposed, origin: MessageOrigin): Promise<void> {
    const now = new Date()
    const approval: Approval = {
      id: newId(),
      taskId: task.id,
      tenant: task.tenant,
      kind: 'new-agent',
      proposalId: proposed.proposalId,
      question: questionAbout(proposed.config),
      proposal: proposed.config,
      match: proposed.match,
      digest: proposed.digest,
      state: 'pending',
      defaultAnswer: 'refuse',
      deadline: new Date(now.getTime() + this.config.approvalDeadlineMs),
      answer: null,
      decidedBy: null,
      decidedAt: null,
      comment: null,
      createdAt: now,
    }
    const moved = await this.lifecycle.move(
      tx,
      task,
      'awaiting-approval',
      { match: proposed.match, approvalId: approval.id },
      origin,
      { match: proposed.match, approvalId: approval.id },
    )
    if (!moved) return
    await tx.manager.insert(Approval, row<Approval>(approval))
    tx.publish(ApprovalRequested, { taskId: task.id, approval: approvalView(approval) }, origin)
  }

  /**
   * Records the decision on a locked, pending approval and goes on with the task. The wait becomes a span of the
   * task's own trace, linked to whoever decided.
   */
  async decide(tx: Transaction, approval: Approval, decision: Decision, causationid?: string): Promise<void> {
    Object.assign(approval, decision, { decidedAt: new Date() })
    await tx.manager.update(Approval, { id: approval.id }, { ...decision, decidedAt: approval.decidedAt })
    this.decisions.inc({ state: decision.state, answer: decision.answer })
    const task = await this.lifecycle.lock(tx, approval.taskId)
    if (!task) return
    const decider = trace.getActiveSpan()?.spanContext()
    await inSpan(
      'approval wait',
      {
        startTime: approval.createdAt,
        ...(task.traceparent && { parent: traceContext({ traceparent: task.traceparent }) }),
        ...(decider && { links: [{ context: decider }] }),
        attributes: {
          'guildhall.task.id': task.id,
          'guildhall.approval.id': approval.id,
          'guildhall.approval.state': decision.state,
        },
      },
      () => this.carryOut(tx, task, approval, this.lifecycle.origin(task, causationid)),
    )
  }

  /** Takes back the question of a task that is canceled. */
  async withdraw(tx: Transaction, task: Task): Promise<void> {
    if (!task.approvalId) return
    await tx.manager.update(
      Approval,
      { id: task.approvalId, state: 'pending' },
      { state: 'withdrawn', decidedAt: new Date() },
    )
  }

  private async carryOut(
    tx: Transaction,
    task: Task,
    approval: Approval,
    origin: MessageOrigin,
  ): Promise<void> {
    if (approval.state === 'approved') {
      const { proposalId, digest } = approval
      tx.publish(
        AgentRegister,
        { taskId: task.id, proposalId, digest, permanent: approval.answer === 'permanent' },
        origin,
      )
      return
    }
    const error =
      approval.state === 'expired'
        ? {
            code: 'approval-expired',
            message: `nobody answered before ${approval.deadline.toISOString()}: refused`,
          }
        : {
            code: 'approval-refused',
            message: approval.comment ?? `${approval.decidedBy ?? 'a person'} refused the new agent`,
          }
    await this.lifecycle.move(tx, task, 'rejected', { error }, origin)
  }
}

function questionAbout({ name, skills }: AgentConfig): string {
  const named = skills.slice(0, 10).join(', ')
  const more = skills.length > 10 ? ` and ${skills.length - 10} more` : ''
  return `Hire ${name} with the skills ${named}${more}, for once or for good?`
}
