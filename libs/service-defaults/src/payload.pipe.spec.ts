import { TaskSubmit, TerminalError } from '@guildhall/contracts'
import { plainToInstance } from 'class-transformer'
import { validateSync } from 'class-validator'
import { describe, expect, it } from 'vitest'
import { createPayloadPipe, describeProblems } from './payload.pipe.js'

const problemsOf = (payload: object) =>
  describeProblems(
    validateSync(plainToInstance(TaskSubmit, payload), { whitelist: true, forbidNonWhitelisted: true }),
  )

describe('problems of a payload, in words', () => {
  it('are none where nothing is wrong', () => {
    expect(problemsOf({ goal: 'List the files' })).toBe('')
  })

  it('name the property once', () => {
    expect(problemsOf({ goal: 'x', timeoutMs: 5 })).toBe('timeoutMs must not be less than 1000')
    expect(problemsOf({ goal: 'x', color: 'red' })).toBe('color: property color should not exist')
  })

  it('give the whole path of a nested property', () => {
    const payload = {
      goal: 'x',
      mounts: [
        { source: '/data', mode: 'ro' },
        { source: 'data', mode: 'ro', shared: true },
      ],
    }
    expect(problemsOf(payload).split('; ').sort()).toEqual([
      'mounts.1.shared: property shared should not exist',
      'mounts.1.source must be an absolute path',
    ])
  })

  it('name the place of what is no object where one must be', () => {
    expect(problemsOf({ goal: 'x', files: ['a.txt'] })).toBe(
      'files.0: each value in nested property files must be either object or array',
    )
  })

  it('stand side by side, own and nested', () => {
    const problems = problemsOf({ goal: 7, mounts: [{ source: '/a', mode: 'rwx' }] }).split('; ')
    expect(problems).toContain('goal must be a string')
    expect(problems).toContain('mounts.0.mode must be one of the following values: ro, rw')
  })
})

describe('the payload pipe', () => {
  const pipe = createPayloadPipe()
  const transform = (payload: object) => pipe.transform(payload, { type: 'body', metatype: TaskSubmit })

  it('makes an instance of the payload class, nested ones too', async () => {
    const payload: TaskSubmit = await transform({ goal: 'x', mounts: [{ source: '/a', mode: 'ro' }] })
    expect(payload).toBeInstanceOf(TaskSubmit)
    expect(payload.mounts?.[0]?.constructor.name).toBe('MountRequest')
  })

  it('lets a property pass that an older service does not know', async () => {
    expect(await transform({ goal: 'x', since: 'next version' })).toMatchObject({ goal: 'x' })
  })

  it('makes of what does not fit a terminal error with the problems in words', async () => {
    const error: unknown = await transform({ goal: '' }).catch((reason: unknown) => reason)
    expect(error).toEqual(
      new TerminalError('invalid-payload', 'goal must be longer than or equal to 1 characters'),
    )
  })
})
