import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openExecutor, type ExecutorOrders, type Said } from './executor.fixture.js'

/**
 * After having said a step's `started` or `finished`, or a message of a type, the process goes no further: it waits to be
 * killed.
 */
export type StopAt = { index: number; state: 'started' | 'finished' } | { type: string }

interface ChildOrders extends ExecutorOrders {
  stopAt?: StopAt
}

/** Starts an executor in a process of its own, on the sources. */
export function startChild(orders: ChildOrders): {
  process: ChildProcess
  said: Said[]
  kill(): Promise<void>
} {
  const child = fork(fileURLToPath(new URL('./executor.child.fixture.mjs', import.meta.url)), {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const said: Said[] = []
  child.on('message', (message: Said) => said.push(message))
  child.send(orders)
  return {
    process: child,
    said,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** What the process does: works until it is killed, and says over IPC what it publishes. */
export async function workAsChild({ stopAt, ...orders }: ChildOrders): Promise<void> {
  const executor = await openExecutor(orders, async (said) => {
    process.send?.(said)
    if (stopAt && isSaidBy(stopAt, said)) await new Promise(() => undefined)
  })
  process.once('message', () => {
    void executor.close().then(() => process.send?.({ type: 'closed', payload: {} }))
  })
  await executor.loop.start()
}

function isSaidBy(stopAt: StopAt, { type, payload }: Said): boolean {
  if ('type' in stopAt) return type === stopAt.type
  const step = payload['step'] as { index: number; state: string } | undefined
  return step?.index === stopAt.index && step.state === stopAt.state
}
