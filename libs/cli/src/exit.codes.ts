export const exitCodes = { done: 0, failed: 1, wrongUse: 2, notReachable: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The command line itself is at fault. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was asked for was tried and did not work; the message says what to do next. */
export class FailedError extends Error {
  override readonly name = 'FailedError'
  constructor(
    /** Kebab-case, for programs. */
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}
