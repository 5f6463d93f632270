import { describe, expect, it } from 'vitest'
import { mayRetry } from './attempt.policy.js'

const failed = { attempt: 1, maxAttempts: 3, retryable: true, cancelRequested: false }

describe('a failed run', () => {
  it('is tried again until the last attempt', () => {
    expect([1, 2, 3, 4].map((attempt) => mayRetry({ ...failed, attempt }))).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(mayRetry({ ...failed, maxAttempts: 1 })).toBe(false)
  })

  it('is not tried again when another attempt could end no better', () => {
    expect(mayRetry({ ...failed, retryable: false })).toBe(false)
  })

  it('is not tried again when somebody wants the task canceled', () => {
    expect(mayRetry({ ...failed, cancelRequested: true })).toBe(false)
  })
})
