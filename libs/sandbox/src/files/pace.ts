import { setImmediate } from 'node:timers/promises'

const SLICE_MS = 5

/** Consumes a synchronous source without holding the event loop longer than a few milliseconds at a time. */
export async function* paced<T>(source: Iterable<T>): AsyncGenerator<T, void, void> {
  let sliceEndsAt = performance.now() + SLICE_MS
  for (const item of source) {
    yield item
    if (performance.now() < sliceEndsAt) continue
    await setImmediate()
    sliceEndsAt = performance.now() + SLICE_MS
  }
}
