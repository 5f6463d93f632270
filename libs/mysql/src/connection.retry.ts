import { setTimeout as sleep } from 'node:timers/promises'
import { describeAddress, type ServerAddress } from './server.address.js'
import { adviceFor, DatabaseUnavailableError, failureOf } from './server.errors.js'

/**
 * Tries to connect until it works or the time is over: 0.1 s, then twice as long each time up to 2 s between tries.
 * @throws DatabaseUnavailableError that names the address, the last failure and what to check.
 */
export async function connectWithin<T>(
  timeoutMs: number,
  server: ServerAddress & { user: string; database: string },
  connect: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, 2_000)) {
    try {
      return await connect()
    } catch (error) {
      if (Date.now() + pauseMs > deadline) throw unavailable(timeoutMs, server, error)
      await sleep(pauseMs)
    }
  }
}

function unavailable(
  timeoutMs: number,
  server: ServerAddress & { user: string; database: string },
  error: unknown,
): DatabaseUnavailableError {
  const { code, text } = failureOf(error)
  return new DatabaseUnavailableError(
    code,
    `No use of schema ${server.database} at ${describeAddress(server)} as ${server.user} within ${timeoutMs} ms: ` +
      `${adviceFor(code)} (${text})`,
  )
}
