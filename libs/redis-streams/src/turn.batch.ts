interface Waiting<T, R> {
  item: T
  resolve: (value: R) => void
  reject: (error: unknown) => void
}

/**
 * Collects what is asked for within one turn of the event loop and does it in one go: batches by load, while a lone
 * item waits for no timer.
 */
export class TurnBatch<T, R> {
  #waiting: Waiting<T, R>[] = []

  /**
   * @param flush answers the items in their order; an Error in place of an answer rejects that item alone.
   * @param largest most items in one flush.
   */
  constructor(
    private readonly flush: (items: T[]) => Promise<(R | Error)[]>,
    private readonly largest: number,
  ) {}

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.#flushAll())
    })
  }

  #flushAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (let start = 0; start < waiting.length; start += this.largest)
      void this.#flushSome(waiting.slice(start, start + this.largest))
  }

  async #flushSome(waiting: Waiting<T, R>[]): Promise<void> {
    try {
      const answers = await this.flush(waiting.map(({ item }) => item))
      waiting.forEach(({ resolve, reject }, index) => {
        const answer = answers[index]
        if (answer instanceof Error) reject(answer)
        else resolve(answer as R)
      })
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
}
