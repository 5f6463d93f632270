import { causedBy, type EventHeader, type RunCancel, type TaskRun } from '@guildhall/contracts'
import { row, type Transaction } from '@guildhall/mysql'
import { Run } from './run.entity.js'

/** @returns false when the run is known already: nothing is changed then. */
export async function enqueueRun(tx: Transaction, request: TaskRun, header: EventHeader): Promise<boolean> {
  const known = await tx.manager.findOne(Run, { where: { runId: request.runId }, select: { runId: true } })
  if (known) return false
  await tx.manager.insert(Run, row<Run>(newRow(request, header, { state: 'queued', request })))
  return true
}

/** A cancel that overtook its `task.run`: the row keeps the run from ever starting. */
export async function enqueueCanceledRun(
  tx: Transaction,
  cancel: RunCancel,
  header: EventHeader,
): Promise<Run> {
  const now = new Date()
  const ended = {
    state: 'canceled' as const,
    cancelRequestedAt: now,
    cancelReason: cancel.reason.slice(0, 500),
    finishedAt: now,
  }
  const canceled = newRow(cancel, header, ended)
  await tx.manager.insert(Run, row<Run>(canceled))
  return canceled
}

function newRow(ids: { taskId: string; runId: string }, header: EventHeader, over: Partial<Run>): Run {
  const { traceparent, tracestate } = header
  return {
    runId: ids.runId,
    taskId: ids.taskId,
    state: 'queued',
    request: null,
    origin: {
      ...causedBy(header),
      subject: ids.taskId,
      ...(traceparent !== undefined && { traceparent }),
      ...(tracestate !== undefined && { tracestate }),
    },
    leaseOwner: null,
    leaseToken: null,
    leaseUntil: null,
    claims: 0,
    restarts: 0,
    functionVersions: null,
    modelBudget: null,
    cancelRequestedAt: null,
    cancelReason: null,
    errorCode: null,
    createdAt: new Date(),
    startedAt: null,
    waitingSince: null,
    waitedMs: 0,
    waitingUntil: null,
    finishedAt: null,
    ...over,
  }
}
