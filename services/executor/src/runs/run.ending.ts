import { RunFailure, RunInterrupted } from './run.failure.js'

/** How the work on a run ended. `left`: it is not over, somebody else goes on with it. */
export type RunEnding =
  | { state: 'succeeded'; result: string }
  | { state: 'failed'; code: string; message: string; retryable: boolean }
  | { state: 'canceled' }
  | { state: 'left'; reason: 'lease-lost' | 'handed-over' | 'waiting' | 'broken'; error?: Error }

/** What an error means for the run. An unknown one says nothing about the run's effects: the next claim decides. */
export function endingOf(error: unknown, timeoutMs: number): RunEnding {
  if (error instanceof RunFailure) {
    const { code, message, retryable } = error
    return { state: 'failed', code, message, retryable }
  }
  if (!(error instanceof RunInterrupted)) {
    return {
      state: 'left',
      reason: 'broken',
      error: error instanceof Error ? error : new Error(String(error)),
    }
  }
  switch (error.reason) {
    case 'timed-out': {
      const message = `the run was stopped after ${timeoutMs / 1_000} s, the time that the task allows: submit it with a longer one`
      return { state: 'failed', code: 'timed-out', message, retryable: false }
    }
    case 'canceled':
      return { state: 'canceled' }
    case 'lease-lost':
    case 'handed-over':
    case 'waiting':
      return { state: 'left', reason: error.reason }
  }
}
