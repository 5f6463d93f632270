import type { TaskEvent } from '@guildhall/client'
import type { ApprovalView, PlainAnswer, TaskView } from '@guildhall/contracts'
import { approvalCourse } from '../approvals/approval.policy.js'
import { askApproval } from '../approvals/approval.prompt.js'
import type { CommandSession } from '../command.session.js'
import { printable } from '../terminal/text.js'
import { renderTaskEvent } from './task.event.rendering.js'
import { type GivenAnswer, WaitInterrupted, waitForTask } from './task.waiting.js'

interface TaskWatch {
  taskId: string
  fromId: string
  lookFirst: boolean
  /** `leave`: approvals are others' business. Else a person is asked, or the flag decides. */
  approvals: 'leave' | { flag?: PlainAnswer | undefined }
  /** Ends the wait, and not the task. */
  signal?: AbortSignal
  /** Default: each event is told on stderr. */
  onEvent?: (event: TaskEvent) => void
}

/**
 * Waits for a task in front of a person: tells what happens, asks for approvals; Ctrl-C ends the wait and not the task.
 * @throws WaitInterrupted
 */
export async function watchTask(session: CommandSession, watch: TaskWatch): Promise<TaskView> {
  const { output } = session
  const client = await session.client()
  const interrupted = new AbortController()
  const onInterrupt = () => interrupted.abort(new WaitInterrupted(watch.taskId))
  // `on`, not `once`: npm and the terminal both pass on the same Ctrl-C.
  process.on('SIGINT', onInterrupt)
  const { taskId, fromId, lookFirst, approvals } = watch
  const tell = (event: TaskEvent) => {
    for (const line of renderTaskEvent(event, output.paintNote)) output.note(line)
  }
  // A terminal has room for one question at a time.
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = (work: () => ReturnType<typeof answerApproval>) => {
    const answered = turn.then(work)
    turn = answered.catch(() => undefined)
    return answered
  }
  try {
    return await waitForTask(client, {
      taskId,
      fromId,
      lookFirst,
      signal: watch.signal ? AbortSignal.any([interrupted.signal, watch.signal]) : interrupted.signal,
      onEvent: watch.onEvent ?? tell,
      onTrouble: (message) => output.note(printable(message)),
      ...(approvals !== 'leave' && {
        onApproval: (approval, signal) =>
          inTurn(() => answerApproval(session, client.id, approval, approvals.flag, signal)),
      }),
    })
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

async function answerApproval(
  { output }: CommandSession,
  clientId: string,
  approval: ApprovalView,
  flag: PlainAnswer | undefined,
  signal: AbortSignal,
): Promise<GivenAnswer | 'leave' | undefined> {
  if (signal.aborted) return undefined
  const course = approvalCourse(approval, { flag, canAsk: output.canAsk, clientId })
  if (course.by === 'person') {
    const answer = await askApproval(approval, output, signal)
    return answer === undefined ? undefined : { answer }
  }
  output.note(course.why)
  return course.by === 'others' ? 'leave' : { answer: course.answer, comment: course.why }
}
