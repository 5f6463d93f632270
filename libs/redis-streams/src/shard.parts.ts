interface Part {
  start(): Promise<void>
  stop(): Promise<void>
}

/** Starts the parts of every shard; when one cannot start, stops the others. @throws what the first one threw. */
export async function startAll(parts: readonly Part[]): Promise<void> {
  const starts = await Promise.allSettled(parts.map((part) => part.start()))
  const failure = starts.find((start) => start.status === 'rejected')
  if (!failure) return
  await stopAll(parts.filter((_, index) => starts[index]?.status === 'fulfilled'))
  throw failure.reason
}

export async function stopAll(parts: readonly Part[]): Promise<void> {
  await Promise.all(parts.map((part) => part.stop()))
}
