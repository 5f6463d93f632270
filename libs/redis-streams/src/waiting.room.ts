import { backOffMs } from './back-off.js'
import type { HeldEntry } from './held.entry.js'

const fullBackOff = { firstMs: 100, factor: 2, capMs: 2_000 }
const mostBytes = 64 * 1024 * 1024

/**
 * What waits in a relay's hands until a full destination has room. It has an end, so that what waits neither fills the
 * process nor stops the reading.
 */
export class WaitingRoom {
  readonly #times = new WeakMap<HeldEntry, number>()
  #count = 0
  #bytes = 0

  /** @param most entries in it. */
  constructor(private readonly most: number) {}

  /** @returns for how long the entry is to wait; undefined when there is no room for it. */
  enter(entry: HeldEntry): number | undefined {
    const bytes = bytesOf(entry)
    if (this.#count >= this.most || this.#bytes + bytes > mostBytes) return undefined
    this.#count += 1
    this.#bytes += bytes
    const times = (this.#times.get(entry) ?? 0) + 1
    this.#times.set(entry, times)
    return backOffMs(times, fullBackOff)
  }

  leave(entry: HeldEntry): void {
    this.#count -= 1
    this.#bytes -= bytesOf(entry)
  }
}

function bytesOf({ fields }: HeldEntry): number {
  return fields['data']?.length ?? 0
}
