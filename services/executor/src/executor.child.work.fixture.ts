import { type ExecutorOrders, openExecutor, type Said } from './executor.fixture.js'

/**
 * Where the process goes no further with a run: after having said a message of a type, or a step's `started` or `finished`;
 * before or after it writes for the n-th time (from 0) as the holder of the run's lease; after it has claimed the run.
 */
export type StopAt = { runId: string } & (
  | { type: string }
  | { index: number; state: 'started' | 'finished' }
  | { write: number; side: 'before' | 'after' }
  | { claimed: true }
)

export interface ChildOrders extends ExecutorOrders {
  stopsAt?: StopAt[]
}

/** What the process does: works until it is killed, and says over IPC what it publishes and where it stopped. */
export async function workAsChild({ stopsAt = [], ...orders }: ChildOrders): Promise<void> {
  const stopIf = async (isIt: (stop: StopAt) => boolean) => {
    const stop = stopsAt.find(isIt)
    if (!stop) return
    process.send?.({ type: 'stopped', payload: { runId: stop.runId } })
    await new Promise(() => undefined)
  }
  const taskIds = new Map<string, string>()
  const writes = new Map<string, number>()
  const executor = await openExecutor(
    orders,
    async (said) => {
      process.send?.(said)
      await stopIf((stop) => isSaidBy(stop, said, taskIds))
    },
    {
      onClaimed: async ({ runId, taskId }) => {
        taskIds.set(runId, taskId)
        await stopIf((stop) => 'claimed' in stop && stop.runId === runId)
      },
      onWrite: async (runId, side) => {
        const write = writes.get(runId) ?? 0
        await stopIf(
          (stop) => 'write' in stop && stop.runId === runId && stop.write === write && stop.side === side,
        )
        if (side === 'before') return
        writes.set(runId, write + 1)
        // Where it is to stop at what it says, it goes no further before that is said.
        await executor.database.published(taskIds.get(runId) ?? '')
      },
    },
  )
  process.once('message', () => {
    void executor.close().then(() => process.send?.({ type: 'closed', payload: {} }))
  })
  await executor.loop.start()
}

function isSaidBy(stop: StopAt, { type, payload }: Said, taskIds: ReadonlyMap<string, string>): boolean {
  const isOfRun =
    payload['runId'] === undefined
      ? payload['taskId'] === taskIds.get(stop.runId)
      : payload['runId'] === stop.runId
  if (!isOfRun) return false
  if ('type' in stop) return type === stop.type
  if (!('state' in stop)) return false
  const step = payload['step'] as { index: number; state: string } | undefined
  return step?.index === stop.index && step.state === stop.state
}
