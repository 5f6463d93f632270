/** The time that a caller allowed is over. */
export class TimeBudgetError extends Error {
  override name = 'TimeBudgetError'

  constructor(readonly timeoutMs: number) {
    super(`it took longer than ${timeoutMs} ms`)
  }
}

/**
 * Gives work a time that holds for all of it, retries and waits included.
 *
 * @param work gets a signal that is aborted when the time is over or `signal` is. It is not waited for after that.
 * @throws TimeBudgetError when the time is over; the signal's reason when aborted; whatever `work` throws before
 */
export async function withinTime<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const { promise: cut, reject } = Promise.withResolvers<never>()
  const stop = (reason: Error): void => {
    reject(reason)
    controller.abort(reason)
  }
  const onAbort = (): void => stop(signal?.reason as Error)
  const clock = setTimeout(() => stop(new TimeBudgetError(timeoutMs)), timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(controller.signal), cut])
  } finally {
    clearTimeout(clock)
    signal?.removeEventListener('abort', onAbort)
  }
}
