import { jittered, pause } from './back-off.js'
import { isGroupLost } from './streams.errors.js'
import type { StreamsLogger } from './streams.logger.js'

const failuresPerWarning = 20

/**
 * Does some upkeep again and again, up to a quarter sooner or later than the period says, until the signal is aborted. A
 * time that fails is followed by the next. Never rejects.
 * @param what begins the sentence that tells of a failure.
 */
export async function repeatUpkeep(
  what: string,
  everyMs: number,
  signal: AbortSignal,
  logger: StreamsLogger,
  work: () => Promise<void>,
): Promise<void> {
  for (let failures = 0; ;) {
    await pause(jittered(everyMs), signal)
    if (signal.aborted) return
    try {
      await work()
      failures = 0
    } catch (error) {
      failures += 1
      // The reader makes lost groups again and reports it.
      if (!signal.aborted && !isGroupLost(error) && failures % failuresPerWarning === 1)
        logger.warn({ err: error, failures }, `${what} failed; trying again`)
    }
  }
}
