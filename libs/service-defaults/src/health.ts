/** Why a service cannot take work, by check; empty when it can. */
export type HealthProblems = Record<string, string>

/** The checks behind `/readyz`. A check throws, with a sentence, when the service cannot take work. */
export class Health {
  private readonly checks = new Map<string, () => void | Promise<void>>()

  /** A second check of the same name replaces the first. */
  check(name: string, run: () => void | Promise<void>): void {
    this.checks.set(name, run)
  }

  async problems(): Promise<HealthProblems> {
    const problems: HealthProblems = {}
    await Promise.all(
      [...this.checks].map(async ([name, run]) => {
        try {
          await run()
        } catch (error) {
          problems[name] = (error as Error).message
        }
      }),
    )
    return problems
  }
}
