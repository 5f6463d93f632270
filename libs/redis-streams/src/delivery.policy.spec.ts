import { OutageError, RequestError, TerminalError } from '@guildhall/contracts'
import { BadRequestException, InternalServerErrorException } from '@nestjs/common'
import { describe, expect, it } from 'vitest'
import { afterFailure, isCrashLoop, messageOfError } from './delivery.policy.js'
import { BusyError, UnavailableError } from './streams.errors.js'

const middle = () => 0.5
const first = { attempt: 1, outages: 0, maxDeliveries: 5 }

describe('after a failure', () => {
  it('a RequestError refuses, whatever the attempt', () => {
    const error = new RequestError('task-not-found', 'no such task', true)
    expect(afterFailure(error, { ...first, attempt: 9 })).toEqual({
      kind: 'refuse',
      code: 'task-not-found',
      message: 'no such task',
      retryable: true,
    })
  })

  it('a TerminalError and a failed validation go to the dead letters at once', () => {
    expect(afterFailure(new TerminalError('gone', 'never'), first)).toEqual({
      kind: 'dead-letter',
      code: 'gone',
      message: 'never',
    })
    expect(afterFailure(new BadRequestException(['a is wrong', 'b is missing']), first)).toEqual({
      kind: 'dead-letter',
      code: 'invalid-payload',
      message: 'a is wrong; b is missing',
    })
  })

  it('any other error is tried again after 0.2, 0.8, 3.2, 12.8 s, and then given up', () => {
    const waits = [1, 2, 3, 4].map((attempt) => afterFailure(new Error('x'), { ...first, attempt }, middle))
    expect(waits).toEqual(
      [200, 800, 3_200, 12_800].map((afterMs) => ({ kind: 'retry', afterMs, counts: true })),
    )
    expect(afterFailure(new Error('x'), { ...first, attempt: 5 })).toMatchObject({
      kind: 'dead-letter',
      code: 'too-many-attempts',
    })
    expect(afterFailure(new InternalServerErrorException(), first)).toMatchObject({ kind: 'retry' })
  })

  it('the wait varies by a quarter', () => {
    expect(afterFailure('x', first, () => 0)).toMatchObject({ afterMs: 150 })
    expect(afterFailure('x', first, () => 1)).toMatchObject({ afterMs: 250 })
  })

  it('an outage, an absent or full Redis among them, never counts against the message', () => {
    for (const error of [new OutageError('away'), new UnavailableError('gone'), new BusyError('full')])
      expect(afterFailure(error, { ...first, attempt: 50 })).toMatchObject({ kind: 'retry', counts: false })
  })

  it('an outage is waited out with pauses that grow to 5 s at most, however long it lasts', () => {
    const pauses = (random: () => number) =>
      [0, 1, 2, 4, 5, 500].map((outages) => {
        const next = afterFailure(new OutageError('away'), { ...first, outages }, random)
        return next.kind === 'retry' ? next.afterMs : undefined
      })
    expect(pauses(middle)).toEqual([200, 400, 800, 3_200, 4_000, 4_000])
    expect(pauses(() => 1).at(-1)).toBe(5_000)
  })
})

describe('an entry', () => {
  it('is given up before it runs when it was handed out more often than it may be tried', () => {
    expect(isCrashLoop(5, 5)).toBe(false)
    expect(isCrashLoop(6, 5)).toBe(true)
  })
})

describe('the message of an error', () => {
  it('is short, and exists for whatever was thrown', () => {
    expect(messageOfError(new TypeError('x'.repeat(5_000)))).toHaveLength(2_000)
    expect(messageOfError({ status: 'error' })).toBe("{ status: 'error' }")
    expect(messageOfError(undefined)).toBe('undefined')
  })
})
