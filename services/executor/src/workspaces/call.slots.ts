/** So many calls at the same time; those beyond wait in the order in which they came. */
export class CallSlots {
  private readonly waiting: (() => void)[] = []
  private taken = 0

  constructor(private readonly count: number) {}

  /** Whether another could begin at once. */
  get hasFree(): boolean {
    return this.taken < this.count
  }

  /** Does the work in a slot; at once, without one, when the signal is aborted before there is one. */
  async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.hasFree) this.taken += 1
    else if (!(await this.turn(signal))) return work()
    try {
      return await work()
    } finally {
      const next = this.waiting.shift()
      if (next) next()
      else this.taken -= 1
    }
  }

  /** True when a slot was handed over, false when the signal was aborted before. */
  private turn(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const give = () => {
        signal.removeEventListener('abort', leave)
        resolve(true)
      }
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(give), 1)
        resolve(false)
      }
      if (signal.aborted) return resolve(false)
      signal.addEventListener('abort', leave, { once: true })
      this.waiting.push(give)
    })
  }
}
