const mostBytes = 8 * 1024 * 1024
const kept = 0.9

/**
 * How many entries to ask for at once, so that a read stays within some 8 MiB. It begins with one entry, asks for at most
 * twice as many as came last, and expects entries as large as the largest of late: entries of 10 MB come one by one.
 */
export class ReadSize {
  readonly #expectedBytes = new Map<string, number>()
  #cameLast = 0

  /** COUNT of a read, which holds for each of its streams. @param most entries that there is room for. */
  next(most: number): number {
    let bytes = 0
    for (const expected of this.#expectedBytes.values()) bytes += expected
    const fitting = bytes === 0 ? most : Math.floor(mostBytes / bytes)
    return Math.max(1, Math.min(most, fitting, 2 * this.#cameLast))
  }

  /** Begins to take in what came with a read. */
  begin(): void {
    this.#cameLast = 0
  }

  /** @param sizes in bytes of the entries of one stream. */
  came(stream: string, sizes: readonly number[]): void {
    this.#cameLast = Math.max(this.#cameLast, sizes.length)
    const before = (this.#expectedBytes.get(stream) ?? 0) * kept
    this.#expectedBytes.set(
      stream,
      sizes.reduce((largest, size) => Math.max(largest, size), before),
    )
  }
}

/** About how large an entry is: its characters, which are bytes at least. */
export function sizeOf(flatFields: readonly string[]): number {
  let size = 0
  for (const text of flatFields) size += text.length
  return size
}
