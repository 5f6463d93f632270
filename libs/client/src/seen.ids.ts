/** Remembers the newest message ids, so that a message delivered twice is told once. */
export class SeenIds {
  readonly #ids = new Set<string>()

  /** @param limit how many are remembered; the oldest are forgotten first. */
  constructor(private readonly limit = 10_000) {}

  /** False when the id was added before. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false
    this.#ids.add(id)
    if (this.#ids.size > this.limit) {
      const [oldest] = this.#ids
      if (oldest !== undefined) this.#ids.delete(oldest)
    }
    return true
  }
}
