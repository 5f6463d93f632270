import { type ExecutorOrders, openExecutor, type Said } from './executor.fixture.js'

/**
 * Where the process goes no further and waits to be killed: after having said a step's `started` or `finished`, or a
 * message of a type; before or after it writes for the n-th time (from 0) as the holder of a run's lease; after it has
 * claimed a run.
 */
export type StopAt =
  | { index: number; state: 'started' | 'finished' }
  | { type: string }
  | { runId: string; write: number; side: 'before' | 'after' }
  | { runId: string; claimed: true }

export interface ChildOrders extends ExecutorOrders {
  stopAt?: StopAt
}

/** What the process does: works until it is killed, and says over IPC what it publishes. */
export async function workAsChild({ stopAt, ...orders }: ChildOrders): Promise<void> {
  const stop = async (isTime: boolean) => {
    if (!isTime) return
    process.send?.({ type: 'stopped', payload: {} })
    await new Promise(() => undefined)
  }
  let writes = 0
  const executor = await openExecutor(
    orders,
    async (said) => {
      process.send?.(said)
      await stop(stopAt !== undefined && isSaidBy(stopAt, said))
    },
    {
      onClaimed: (runId) => stop(stopAt !== undefined && 'claimed' in stopAt && stopAt.runId === runId),
      onWrite: async (runId, side) => {
        if (!stopAt || !('write' in stopAt) || stopAt.runId !== runId) return
        await stop(side === stopAt.side && writes === stopAt.write)
        if (side === 'after') writes += 1
      },
    },
  )
  process.once('message', () => {
    void executor.close().then(() => process.send?.({ type: 'closed', payload: {} }))
  })
  await executor.loop.start()
}

function isSaidBy(stopAt: StopAt, { type, payload }: Said): boolean {
  if ('type' in stopAt) return type === stopAt.type
  if (!('state' in stopAt)) return false
  const step = payload['step'] as { index: number; state: string } | undefined
  return step?.index === stopAt.index && step.state === stopAt.state
}
