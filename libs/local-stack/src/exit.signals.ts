const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Stops before this process dies of a signal or an error that nobody caught, then lets it die of that. A signal that
 * comes again meanwhile changes nothing: npm and a terminal both pass on the same Ctrl-C.
 *
 * @returns takes the handlers away again
 */
export function stopOnSignals(stop: () => Promise<void>): () => void {
  let isEnding = false
  const remove = () => {
    for (const signal of signals) process.off(signal, onSignal)
    process.off('uncaughtException', onError)
  }
  const stopOnce = (die: () => void) => {
    if (isEnding) return
    isEnding = true
    void stop()
      .catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
      .finally(() => {
        remove()
        die()
      })
  }
  const onSignal = (signal: NodeJS.Signals) => stopOnce(() => process.kill(process.pid, signal))
  const onError = (error: Error) => {
    process.stderr.write(`${error.stack ?? String(error)}\n`)
    stopOnce(() => process.exit(1))
  }
  for (const signal of signals) process.on(signal, onSignal)
  process.on('uncaughtException', onError)
  return () => {
    if (!isEnding) remove()
  }
}
