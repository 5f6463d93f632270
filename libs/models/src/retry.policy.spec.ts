import { describe, expect, it } from 'vitest'
import { ModelError } from './model.error.js'
import { mayHop, readRetryAfterMs, waitBeforeRetry } from './retry.policy.js'

const overloaded = (retryAfterMs?: number) => new ModelError('rate-limited', true, 'no', retryAfterMs)
const situation = { tries: 1, maxRetries: 2, hasOthers: false, jitter: 0 }

describe('the wait before a retry', () => {
  it('doubles, with a little less by chance, up to a limit', () => {
    const waits = [1, 2, 3, 9].map((tries) =>
      waitBeforeRetry(overloaded(), { ...situation, tries, maxRetries: 9 }),
    )
    expect(waits).toEqual([500, 1_000, 2_000, 8_000])
    expect(waitBeforeRetry(overloaded(), { ...situation, jitter: 1 })).toBe(375)
  })

  it('is what the endpoint asks for, or none when that is too long', () => {
    expect(waitBeforeRetry(overloaded(0), situation)).toBe(0)
    expect(waitBeforeRetry(overloaded(60_000), situation)).toBe(60_000)
    expect(waitBeforeRetry(overloaded(60_001), situation)).toBeUndefined()
    expect(waitBeforeRetry(overloaded(5_001), { ...situation, hasOthers: true })).toBeUndefined()
  })

  it('ends with the tries, and is none for what no retry helps', () => {
    expect(waitBeforeRetry(overloaded(), { ...situation, tries: 3 })).toBeUndefined()
    expect(waitBeforeRetry(new ModelError('rate-limited', false, 'quota'), situation)).toBeUndefined()
  })
})

describe('another endpoint', () => {
  it.each(['unauthorized', 'invalid-request', 'context-too-long'] as const)(
    'is not asked after %s',
    (code) => {
      expect(mayHop(new ModelError(code, false, 'no'))).toBe(false)
    },
  )

  it.each(['unreachable', 'rate-limited', 'timeout', 'server-error', 'invalid-response'] as const)(
    'is asked after %s',
    (code) => expect(mayHop(new ModelError(code, false, 'no'))).toBe(true),
  )
})

describe('retry-after', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z')
  it.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:03 GMT' }, 3_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': '9', 'retry-after-ms': '30' }, 30],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{}, undefined],
  ])('is read from %j', (headers: Record<string, string>, waitMs) => {
    expect(readRetryAfterMs(new Headers(headers), nowMs)).toBe(waitMs)
  })
})
