import { type GuildhallClient, isTaskEnd, RequestRefusedError, type TaskEvent } from '@guildhall/client'
import {
  type ApprovalAnswer,
  ApprovalDecide,
  ApprovalDecided,
  ApprovalFound,
  ApprovalGet,
  ApprovalList,
  ApprovalListed,
  type ApprovalSummary,
  type ApprovalView,
  isTerminal,
  TaskFound,
  TaskGet,
  type TaskView,
} from '@guildhall/contracts'
import { FailedError } from '../exit.codes.js'

/** The person stopped waiting; the task goes on. */
export class WaitInterrupted extends FailedError {
  constructor(taskId: string) {
    super(
      'interrupted',
      `Task ${taskId} goes on.\n` +
        `  watch it:  guildhall tasks watch ${taskId}\n  cancel it: guildhall tasks cancel ${taskId}`,
    )
  }
}

/** What a person, a flag or the default said to an approval; the comment is kept with the decision. */
export interface GivenAnswer {
  answer: ApprovalAnswer
  comment?: string
}

interface TaskWait {
  taskId: string
  /** Position on the reply stream from before the task was submitted. */
  fromId: string
  /** The task existed before `fromId`: look at it first, for its end may have been told already. */
  lookFirst: boolean
  signal: AbortSignal
  onEvent(event: TaskEvent): void
  /** Something went wrong that does not end the wait. */
  onTrouble(message: string): void
  /**
   * Answers an approval; absent: leave it to others.
   * @param signal the question is over: answered elsewhere, or past its deadline
   * @returns `leave` when others have to answer; undefined when the person wants to stop waiting
   */
  onApproval?(approval: ApprovalView, signal: AbortSignal): Promise<GivenAnswer | 'leave' | undefined>
}

/** Waits for the end of a task, answers its approvals on the way, and returns the task as it ended. */
export async function waitForTask(client: GuildhallClient, wait: TaskWait): Promise<TaskView> {
  const broken = new AbortController()
  const signal = AbortSignal.any([wait.signal, broken.signal])
  const asked = new Map<string, { over: AbortController; settled: Promise<void> }>()
  const ask = (approval: ApprovalView) => {
    if (!wait.onApproval || approval.state !== 'pending' || asked.has(approval.id)) return
    const over = new AbortController()
    const settled = answer(client, wait, approval, AbortSignal.any([over.signal, signal]))
    asked.set(approval.id, { over, settled: settled.catch((error: unknown) => broken.abort(error)) })
  }
  const takeBack = () => asked.forEach(({ over }) => over.abort())
  try {
    if (wait.lookFirst) {
      const { value } = await client.request(TaskGet, { taskId: wait.taskId }, TaskFound, { signal })
      if (isTerminal(value.task.state)) return value.task
      if (wait.onApproval && value.task.approvalId !== undefined)
        for (const pending of await pendingApprovals(client, wait, signal)) ask(pending)
    }
    for await (const event of client.follow(wait.taskId, { fromId: wait.fromId, signal })) {
      if (isTaskEnd(event)) return event.value.task
      wait.onEvent(event)
      if (event.type === 'approval.requested') ask(event.value.approval)
      if (event.type === 'approval.decided') asked.get(event.value.approval.id)?.over.abort()
    }
    throw new FailedError('no-end', `Nothing more was told about task ${wait.taskId}.`)
  } finally {
    takeBack()
    await Promise.all([...asked.values()].map(({ settled }) => settled))
  }
}

async function answer(
  client: GuildhallClient,
  wait: TaskWait,
  approval: ApprovalView,
  over: AbortSignal,
): Promise<void> {
  const given = await wait.onApproval?.(approval, over)
  if (over.aborted) return
  if (given === undefined) throw new WaitInterrupted(wait.taskId)
  if (given === 'leave') return
  const decision = { approvalId: approval.id, digest: approval.digest, ...given }
  try {
    const { votes, approvers, state } = (await client.request(ApprovalDecide, decision, ApprovalDecided))
      .value.approval
    if (state === 'pending')
      wait.onTrouble(`Allowed by ${votes.length} of ${approvers.quorum}: others have to answer.`)
  } catch (error) {
    if (!(error instanceof RequestRefusedError)) throw error
    wait.onTrouble(`The answer was not taken: ${error.message}`)
  }
}

async function pendingApprovals(
  client: GuildhallClient,
  wait: TaskWait,
  signal: AbortSignal,
): Promise<ApprovalView[]> {
  const pending = { taskId: wait.taskId, state: 'pending' as const }
  const get = async ({ id: approvalId }: ApprovalSummary) =>
    (await client.request(ApprovalGet, { approvalId }, ApprovalFound, { signal })).value.approval
  try {
    const { approvals } = (await client.request(ApprovalList, pending, ApprovalListed, { signal })).value
    return await Promise.all(approvals.map(get))
  } catch (error) {
    // Who may not answer questions may wait for the task all the same.
    if (!(error instanceof RequestRefusedError)) throw error
    wait.onTrouble(`What is asked about the task was not told: ${error.message}`)
    return []
  }
}
