/**
 * The order of calls that are asked for at the same time: some may be under way together, any other one has what was asked
 * for before it behind it, and nothing beside it. After a failure no further call begins.
 */
export class CallOrder {
  private together: Promise<unknown>[] = []
  private alone: Promise<unknown> = Promise.resolve()
  private failure: { error: unknown } | undefined

  /** @throws what the work throws, or what an earlier one threw */
  async run<T>(maySideBySide: boolean, work: () => Promise<T>): Promise<T> {
    const before = maySideBySide ? this.alone : Promise.all([this.alone, ...this.together])
    const running = before.then(() => {
      if (this.failure) throw this.failure.error
      return work()
    })
    const ended = running.catch((error: unknown) => {
      this.failure ??= { error }
    })
    if (maySideBySide) this.together.push(ended)
    else {
      this.alone = ended
      this.together = []
    }
    return running
  }
}
