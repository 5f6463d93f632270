import { Inject, Injectable } from '@nestjs/common'
import { trace } from '@opentelemetry/api'
import { approvalAnswers, traceContext } from '@guildhall/contracts'
import type { Transaction } from '@guildhall/mysql'
import { inSpan, Metrics } from '@guildhall/service-defaults'
import type { Task } from '../task.entity.js'
import { TaskLifecycle } from '../task.lifecycle.js'
import { announceDecision } from './approval.announcing.js'
import { continueTask } from './approval.continuation.js'
import type { Decision } from './approval.decision.js'
import { Approval } from './approval.entity.js'
import { votesOn } from './vote.repository.js'

/** Ends a pending approval, and goes on with exactly that step, once. */
@Injectable()
export class ApprovalDeciding {
  private readonly decisions

  constructor(
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.decisions = metrics.counter('guildhall_approvals_total', 'Approvals decided', [
      'kind',
      'state',
      'answer',
    ])
  }

  /**
   * The approval and its task, both locked: the task first, as whatever else concerns both does.
   * @param tenant whose it must be; absent: any
   */
  async lock(
    tx: Transaction,
    id: string,
    tenant?: string,
  ): Promise<{ approval: Approval; task: Task | undefined } | undefined> {
    const whose = { id, ...(tenant !== undefined && { tenant }) }
    const found = await tx.manager.findOne(Approval, { where: whose, select: { id: true, taskId: true } })
    if (!found) return undefined
    const task = await this.lifecycle.lock(tx, found.taskId)
    const approval = await tx.manager.findOneOrFail(Approval, {
      where: whose,
      lock: { mode: 'pessimistic_write' },
    })
    return { approval, task }
  }

  /**
   * Records the decision on a locked, pending approval, tells whoever heard the question and goes on with the task. The
   * wait becomes a span of the task's own trace, linked to whoever decided.
   */
  async settle(
    tx: Transaction,
    { approval, task }: { approval: Approval; task: Task | undefined },
    { error, ...decision }: Decision,
    causationid?: string,
  ): Promise<void> {
    const change = { ...decision, decidedAt: new Date() }
    Object.assign(approval, change)
    await tx.manager.update(Approval, { id: approval.id }, change)
    const { kind, state, answer } = approval
    const isPlain = approvalAnswers.some((plain) => plain === answer)
    this.decisions.inc({ kind, state, answer: isPlain ? (answer ?? '') : 'other' })
    const votes = await votesOn(tx.manager, approval.id)
    const decider = trace.getActiveSpan()?.spanContext()
    await inSpan(
      'approval wait',
      {
        startTime: approval.createdAt,
        ...(task?.traceparent && { parent: traceContext({ traceparent: task.traceparent }) }),
        ...(decider && { links: [{ context: decider }] }),
        attributes: {
          'guildhall.task.id': approval.taskId,
          'guildhall.approval.id': approval.id,
          'guildhall.approval.kind': kind,
          'guildhall.approval.state': state,
        },
      },
      async () => {
        announceDecision(tx, approval, votes, causationid)
        if (task) await continueTask(tx, this.lifecycle, { approval, task }, error, causationid)
      },
    )
  }
}
