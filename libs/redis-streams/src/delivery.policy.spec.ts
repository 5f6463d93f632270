import { RequestError, TerminalError } from '@guildhall/contracts'
import { BadRequestException, InternalServerErrorException } from '@nestjs/common'
import { describe, expect, it } from 'vitest'
import { afterFailure, isCrashLoop, messageOfError } from './delivery.policy.js'
import { BusyError, UnavailableError } from './streams.errors.js'

const middle = () => 0.5

describe('after a failure', () => {
  it('a RequestError refuses, whatever the attempt', () => {
    const error = new RequestError('task-not-found', 'no such task', true)
    expect(afterFailure(error, 9, 5)).toEqual({
      kind: 'refuse',
      code: 'task-not-found',
      message: 'no such task',
      retryable: true,
    })
  })

  it('a TerminalError and a failed validation go to the dead letters at once', () => {
    expect(afterFailure(new TerminalError('gone', 'never'), 1, 5)).toEqual({
      kind: 'dead-letter',
      code: 'gone',
      message: 'never',
    })
    expect(afterFailure(new BadRequestException(['a is wrong', 'b is missing']), 1, 5)).toEqual({
      kind: 'dead-letter',
      code: 'invalid-payload',
      message: 'a is wrong; b is missing',
    })
  })

  it('any other error is tried again after 0.2, 0.8, 3.2, 12.8 s, and then given up', () => {
    const waits = [1, 2, 3, 4].map((attempt) => afterFailure(new Error('x'), attempt, 5, middle))
    expect(waits).toEqual(
      [200, 800, 3_200, 12_800].map((afterMs) => ({ kind: 'retry', afterMs, counts: true })),
    )
    expect(afterFailure(new Error('x'), 5, 5)).toMatchObject({
      kind: 'dead-letter',
      code: 'too-many-attempts',
    })
    expect(afterFailure(new InternalServerErrorException(), 1, 5)).toMatchObject({ kind: 'retry' })
  })

  it('the wait varies by a quarter', () => {
    expect(afterFailure('x', 1, 5, () => 0)).toMatchObject({ afterMs: 150 })
    expect(afterFailure('x', 1, 5, () => 1)).toMatchObject({ afterMs: 250 })
  })

  it('an absent or full Redis never counts against the message', () => {
    for (const error of [new UnavailableError('gone'), new BusyError('full')])
      expect(afterFailure(error, 50, 5)).toMatchObject({ kind: 'retry', counts: false })
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
    expect(messageOfError({ status: 'error' })).toBe('{"status":"error"}')
    expect(messageOfError(undefined)).toBe('undefined')
  })
})
