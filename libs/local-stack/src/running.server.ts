import { endDaemon, spawnDaemon, untilReady } from './daemon.js'
import type { ProcessPlan } from './process.plan.js'

/** A private server that is ready and belongs to the caller, who stops it. */
export interface RunningServer {
  readonly host: string
  readonly port: number
  readonly pid: number
  readonly logFile: string
  /** Resolves once the process is gone. Idempotent. */
  stop(): Promise<void>
}

export interface ServerPlan extends ProcessPlan {
  readonly host: string
  readonly port: number
}

/** Starts a planned server once, without supervision. @throws StackError and leaves no process behind */
export async function runServer(plan: ServerPlan): Promise<RunningServer> {
  const daemon = spawnDaemon(plan)
  try {
    await untilReady(plan, daemon)
  } catch (error) {
    await endDaemon(plan, daemon)
    throw error
  }
  return {
    host: plan.host,
    port: plan.port,
    pid: daemon.pid,
    logFile: plan.logFile,
    stop: () => endDaemon(plan, daemon),
  }
}
