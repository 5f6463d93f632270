import {
  ClientFileError,
  RequestRefusedError,
  RequestTimeoutError,
  UnexpectedAnswerError,
  UnreachableError,
} from '@guildhall/client'
import { AlreadyRunningError, StackError } from '@guildhall/local-stack'
import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { failureOf } from './command.failure.js'
import { FailedError, UsageError } from './exit.codes.js'

describe('failureOf', () => {
  it.each([
    [new UsageError('no'), 2, 'usage'],
    [new CommanderError(1, 'commander.unknownCommand', "error: unknown command 'x'"), 2, 'usage'],
    [new CommanderError(1, 'commander.help', '(outputHelp)'), 2, 'usage'],
    [new RequestRefusedError('task-not-found', 'no', false, 'task.get'), 1, 'task-not-found'],
    [new FailedError('interrupted', 'no'), 1, 'interrupted'],
    [new ClientFileError('absent', '/x', 'no'), 3, 'not-running'],
    [new ClientFileError('readable-by-others', '/x', 'no'), 1, 'client-file-readable-by-others'],
    [new UnreachableError('no'), 3, 'unreachable'],
    [new RequestTimeoutError('task.get', 10_000), 3, 'no-answer'],
    [new UnexpectedAnswerError('no'), 1, 'unexpected-answer'],
    [new AlreadyRunningError(7, '/x'), 1, 'already-running'],
    [new StackError('Redis', 'no', 'do this'), 1, 'stack'],
    [new Error('a surprise'), 1, 'internal'],
    ['a surprise', 1, 'internal'],
  ])('maps %o', (error, exitCode, code) => {
    expect(failureOf(error)).toMatchObject({ exitCode, code })
  })

  it('takes shown help and version for no failure', () => {
    expect(failureOf(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'))).toBeUndefined()
  })

  it('tells the step and the advice of a stack that did not start', () => {
    expect(failureOf(new StackError('Redis', 'It died.', 'Look there.'))?.message).toBe(
      'Redis: It died.\nLook there.',
    )
  })
})
