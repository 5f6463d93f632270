import type { ReplyReader } from './reply.reader.js'
import { SeenIds } from './seen.ids.js'
import { isTaskEnd, type TaskEvent, taskEventOf } from './task.event.js'

/** Everything said about a task after a position, each message once; ends after the terminal one. */
export async function* followTask(
  reader: ReplyReader,
  taskId: string,
  fromId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<TaskEvent, void, undefined> {
  const waiting: TaskEvent[] = []
  const seen = new SeenIds()
  let failure: { error: unknown } | undefined
  let wake = () => {}
  const fail = (error: unknown) => {
    failure ??= { error }
    wake()
  }
  const listener = {
    hear(message: Parameters<typeof taskEventOf>[1]) {
      const event = taskEventOf(taskId, message)
      if (!event || !seen.add(event.id)) return
      waiting.push(event)
      wake()
    },
    fail,
  }
  const onAbort = () => fail(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    await reader.start()
    reader.add(listener, fromId)
    for (;;) {
      for (let event = waiting.shift(); event; event = waiting.shift()) {
        yield event
        if (isTaskEnd(event)) return
      }
      if (failure) throw failure.error
      await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    reader.remove(listener)
  }
}
