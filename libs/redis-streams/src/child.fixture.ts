import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StreamsConnection } from './redis.link.js'

/** What a consumer process is told; over IPC, since arguments are for everybody to see. */
export interface ChildOrders {
  connection: StreamsConnection
  shard: string
  instance: string
  /** Default: that of the product. */
  reclaimIdleMs?: number
}

/** What it reports: the payload of each message whose handler begins. */
export interface ChildReport {
  began: { does: 'hang' | 'exit' | 'return' | 'block'; n?: number; ms?: number }
}

const lib = fileURLToPath(new URL('..', import.meta.url))

let isBuilt = false

/** Builds this library, once for each process, since a child process runs the compiled code. */
export function buildForChildren(): void {
  if (isBuilt) return
  const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [tsc, '-b', lib], { stdio: 'inherit' })
  isBuilt = true
}

/** Starts a consumer of `to:executor` in a process of its own, on compiled code. */
export function startChild(orders: ChildOrders): { process: ChildProcess; began: ChildReport['began'][] } {
  const child = fork(fileURLToPath(new URL('../dist/child.consumer.fixture.js', import.meta.url)), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const began: ChildReport['began'][] = []
  child.on('message', (report: ChildReport) => began.push(report.began))
  child.send(orders)
  return { process: child, began }
}

export async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
