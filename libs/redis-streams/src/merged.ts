/**
 * What several sources yield, as it comes; each waits until its last value was taken. Ends when all have ended; a source
 * that fails fails it. Whoever leaves early has to end the sources.
 */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void> {
  const [only] = sources
  if (only && sources.length === 1) {
    yield* only
    return
  }
  const ready: { value: T; taken: () => void }[] = []
  let failure: { error: unknown } | undefined
  let live = sources.length
  let wake = () => {}
  const pump = async (source: AsyncIterable<T>) => {
    try {
      for await (const value of source)
        await new Promise<void>((taken) => {
          ready.push({ value, taken })
          wake()
        })
    } catch (error) {
      failure ??= { error }
    }
    live -= 1
    wake()
  }
  for (const source of sources) void pump(source)
  for (;;) {
    for (let next = ready.shift(); next; next = ready.shift()) {
      yield next.value
      next.taken()
    }
    if (failure) throw failure.error
    if (live === 0) return
    await new Promise<void>((resolve) => (wake = resolve))
  }
}
