import { cpuMs } from './clock.js'
import type { FromRole, RoleSettings, ToRole } from './role.protocol.js'

/** What a process of the benchmark does. */
export interface Role {
  run(order: never): Promise<unknown>
  close(): Promise<void>
}

/**
 * Makes this process a role: waits for its settings, gets ready, then does what it is told until SIGTERM or the end of
 * the benchmark's own process.
 */
export async function serveRole<S extends RoleSettings>(
  start: (settings: S) => Promise<Role>,
): Promise<void> {
  const settings = await receiveSettings<S>()
  const role = await start(settings)
  process.once('SIGTERM', () => void role.close().finally(() => process.exit(0)))
  answerOrders(role)
}

/** The first message from the benchmark. */
export function receiveSettings<S extends RoleSettings>(): Promise<S> {
  answerCpu()
  return new Promise((resolve) => {
    process.on('message', (message: ToRole) => {
      if ('settings' in message) resolve(message.settings as S)
    })
  })
}

/** Says that the process is ready, and does what it is told from now on. */
export function answerOrders(role: Pick<Role, 'run'>): void {
  process.on('message', (message: ToRole) => {
    if (!('ask' in message) || message.ask !== 'run') return
    const { id, order } = message
    role.run(order as never).then(
      (answer) => say({ id, answer }),
      (error: unknown) =>
        say({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  say({ ready: true })
}

/** Lets the benchmark ask for this process's CPU, and ends the process with it. */
export function answerCpu(): void {
  process.on('message', (message: ToRole) => {
    if ('ask' in message && message.ask === 'cpu') say({ id: message.id, answer: cpuMs() })
  })
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}

function say(message: FromRole): void {
  process.send?.(message)
}
