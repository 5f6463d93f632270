import { clockMs } from './clock.js'
import type { Handled, HandleOrder } from './role.protocol.js'

/** Counts what was handled since the last order, also before the next order comes. */
export class HandledTally {
  #ids = new Set<string>()
  #doubled = 0
  #latenciesMs: number[] = []
  #lastAtMs = 0
  #onNote = () => {}

  note(id: string, sentAtMs: number): void {
    this.#lastAtMs = clockMs()
    if (this.#ids.has(id)) this.#doubled += 1
    this.#ids.add(id)
    this.#latenciesMs.push(this.#lastAtMs - sentAtMs)
    this.#onNote()
  }

  run({ messages }: HandleOrder): Promise<Handled> {
    return new Promise((resolve) => {
      this.#onNote = () => {
        if (this.#ids.size < messages) return
        const handled = { lastAtMs: this.#lastAtMs, latenciesMs: this.#latenciesMs, doubled: this.#doubled }
        this.#ids = new Set()
        this.#doubled = 0
        this.#latenciesMs = []
        this.#onNote = () => {}
        resolve(handled)
      }
      this.#onNote()
    })
  }
}
