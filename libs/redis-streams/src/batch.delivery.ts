import type { HeldEntry } from './held.entry.js'
import type { StreamConsumer } from './stream.consumer.js'

/**
 * Hands held entries on in batches, one batch at a time unless told otherwise, and in the order they came. What comes in
 * while a batch is under way makes up the next one, so that batches grow with the load and a lone entry waits for nobody.
 */
export class BatchDelivery {
  #waiting: HeldEntry[] = []
  #underWay = 0

  /**
   * @param deliver settles each entry, parks it, or leaves it held; must not reject.
   * @param atOnce batches that may be under way at the same time.
   */
  constructor(
    private readonly consumer: () => StreamConsumer,
    private readonly batchSize: number,
    private readonly deliver: (batch: HeldEntry[]) => Promise<void>,
    private readonly atOnce = 1,
  ) {}

  add(entries: readonly HeldEntry[]): void {
    this.#waiting.push(...entries)
    for (let free = this.atOnce - this.#underWay; free > 0 && this.#waiting.length > 0; free -= 1)
      void this.#deliverAll()
  }

  async #deliverAll(): Promise<void> {
    this.#underWay += 1
    try {
      while (this.#waiting.length > 0 && !this.consumer().stopping.aborted) {
        const batch = this.#nextBatch()
        if (batch.length > 0) await this.consumer().whileRunning(batch, () => this.deliver(batch))
      }
    } finally {
      this.#underWay -= 1
    }
  }

  #nextBatch(): HeldEntry[] {
    // Those lost while they waited belong to another consumer now.
    this.#waiting = this.#waiting.filter((entry) => !entry.isLost)
    // A suspect runs alone, so that nothing else goes down with it.
    const firstSuspect = this.#waiting.findIndex((entry) => entry.isSuspect)
    const limit = firstSuspect > 0 ? Math.min(firstSuspect, this.batchSize) : this.batchSize
    return this.#waiting.splice(0, firstSuspect === 0 ? 1 : limit)
  }
}
