import type { TaskEvent } from '@guildhall/client'
import type { ApprovalView, MatchSummary, PlainAnswer, TaskSubmit } from '@guildhall/contracts'
import type { CommandSession } from '../command.session.js'
import { FailedError } from '../exit.codes.js'
import { renderTaskEvent } from '../tasks/task.event.rendering.js'
import { WaitInterrupted } from '../tasks/task.waiting.js'
import { watchTask } from '../tasks/task.watching.js'
import { duration, printable, wrap } from '../terminal/text.js'
import type { DemoTask } from './demo.report.js'

// A system that hangs must not hang the demo; a person may think about the proposal for a while.
const longestTaskMs = { alone: 3 * 60_000, withPerson: 20 * 60_000 }

/** A task of the demo with the approval that was asked for on its way. */
interface PlayedTask {
  task: DemoTask
  approval?: ApprovalView
}

/** Tells the demo's story on stdout while its tasks run. */
export class DemoStage {
  #parts = 0

  constructor(
    readonly session: CommandSession,
    private readonly approve: PlainAnswer | undefined,
  ) {}

  get #longestMs(): number {
    return this.session.output.canAsk ? longestTaskMs.withPerson : longestTaskMs.alone
  }

  title(text: string): void {
    const { output } = this.session
    output.line(`${output.paint('bold', text)} ${output.paint('dim', '─'.repeat(95 - text.length))}`)
  }

  part(title: string): void {
    const { output } = this.session
    output.line()
    this.title(`${++this.#parts}  ${title}`)
  }

  say(text: string): void {
    for (const line of text.split('\n')) this.session.output.line(`   ${line}`.trimEnd())
  }

  /** Hands in a task, tells each step as it happens, and returns the task as it ended. */
  async play(draft: TaskSubmit): Promise<PlayedTask> {
    const { session } = this
    const { paint } = session.output
    this.say(
      wrap(`“${draft.goal}”`, 94)
        .map((line) => paint('cyan', line))
        .join('\n'),
    )
    for (const { source, mode } of draft.mounts ?? [])
      this.say(paint('dim', `on ${printable(source)}, mounted ${mode === 'ro' ? 'read-only' : 'writable'}`))
    const client = await session.client()
    const fromId = await client.position()
    const { taskId, traceId } = await client.submit(draft)
    let match: MatchSummary | undefined
    let approval: ApprovalView | undefined
    let steps = 0
    const onEvent = (event: TaskEvent) => {
      if (event.type === 'task.transitioned') match = event.value.match ?? match
      if (event.type === 'approval.requested') approval = event.value.approval
      if (event.type === 'run.progressed' && event.value.step.state === 'finished') steps++
      for (const line of renderTaskEvent(event, paint)) this.say(line)
    }
    const ended = await watchTask(session, {
      taskId,
      fromId,
      lookFirst: false,
      approvals: { flag: this.approve },
      onEvent,
      signal: AbortSignal.timeout(this.#longestMs),
    }).catch((error: unknown) => {
      throw this.#explain(error, taskId)
    })
    const trace = ended.traceId ?? traceId
    const task: DemoTask = { ...ended, steps, ...(trace && { traceId: trace }), ...(match && { match }) }
    return { task, ...(approval && { approval }) }
  }

  #explain(error: unknown, taskId: string): unknown {
    if (error instanceof WaitInterrupted) return new FailedError('interrupted', 'The demo was interrupted.')
    if (!(error instanceof DOMException) || error.name !== 'TimeoutError') return error
    const { stateDir } = this.session.config
    const waited = duration(this.#longestMs)
    return new FailedError('no-end', `Task ${taskId} has not ended within ${waited}: see ${stateDir}/logs.`)
  }
}
