const shownChars = 2_000

/**
 * Tells people now and then what a model is saying. A turn that is over soon needs none of it, and one report is under
 * way at a time at most: a slow report delays nothing.
 */
export class TurnProgress {
  private text = ''
  private sinceMs = 0
  private reporting: Promise<void> | undefined

  constructor(
    /** Must not reject. */
    private readonly report: (text: string) => Promise<void>,
    private readonly everyMs = 2_000,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A turn begins, or begins anew. */
  begin(): void {
    this.text = ''
  }

  add(text: string): void {
    if (this.text === '') this.sinceMs = this.now()
    this.text = (this.text + text).slice(-shownChars)
    if (this.reporting || this.now() - this.sinceMs < this.everyMs) return
    this.sinceMs = this.now()
    this.reporting = this.report(this.text.toWellFormed()).finally(() => {
      this.reporting = undefined
    })
  }

  /** Nothing is said about this turn after it. */
  async end(): Promise<void> {
    await this.reporting
    this.begin()
  }
}
