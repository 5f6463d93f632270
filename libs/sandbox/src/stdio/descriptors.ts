import { closeSync, constants, openSync } from 'node:fs'

/** Descriptors that one call opened and must not keep, whatever happens on the way. */
export class Descriptors {
  readonly #open = new Set<number>()

  add(descriptor: number): number {
    this.#open.add(descriptor)
    return descriptor
  }

  /** Somebody else closes it from now on. */
  release(descriptor: number): number {
    this.#open.delete(descriptor)
    return descriptor
  }

  closeOne(descriptor: number): void {
    if (this.#open.delete(descriptor)) closeSync(descriptor)
  }

  close(): void {
    for (const descriptor of this.#open) closeSync(descriptor)
    this.#open.clear()
  }
}

/** A new open file description of the same file, with an offset and flags of its own. */
export const reopen = (descriptor: number, flags: number = constants.O_RDONLY): number =>
  openSync(`/proc/self/fd/${descriptor}`, flags)
