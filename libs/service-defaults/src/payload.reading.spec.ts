import {
  AuditList,
  type PayloadClass,
  RunStarted,
  StateGet,
  StateSet,
  TaskSubmit,
  TerminalError,
  topology,
} from '@guildhall/contracts'
import { plainToInstance } from 'class-transformer'
import { getMetadataStorage, validateSync } from 'class-validator'
import { describe, expect, it } from 'vitest'
import { describeProblems, fitsExactly, readPayload } from './payload.reading.js'

const ids = { taskId: '3f2b9c1e-6a4d-4f0b-9a44-0c9f8f1d2b11', runId: '3f2b9c1e-6a4d-4f0b-9a44-0c9f8f1d2b12' }

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

describe('a payload', () => {
  it('becomes an instance of its class, nested ones too', () => {
    const payload = readPayload(TaskSubmit, {
      goal: 'x',
      mounts: [{ source: '/a', mode: 'ro' }],
    }) as TaskSubmit
    expect(payload).toBeInstanceOf(TaskSubmit)
    expect(payload.mounts?.[0]?.constructor.name).toBe('MountRequest')
  })

  it('may have a property that an older service does not know', () => {
    expect(readPayload(TaskSubmit, { goal: 'x', since: 'next version' })).toMatchObject({ goal: 'x' })
  })

  it('that does not fit its class is a terminal error with the problems in words', () => {
    expect(() => readPayload(TaskSubmit, { goal: '' })).toThrow(
      new TerminalError('invalid-payload', 'goal must be longer than or equal to 1 characters'),
    )
  })

  it.each([[null], ['text'], [7], [[{ goal: 'x' }]]])('must be an object: %j', (value) => {
    expect(() => readPayload(TaskSubmit, value)).toThrow(
      new TerminalError('invalid-payload', 'the payload must be an object'),
    )
  })

  it('cannot reach the prototype of its instance', () => {
    const hostile: unknown = JSON.parse(
      '{"goal":"x","__proto__":{"isAdmin":true},"inputs":{"__proto__":{"isAdmin":true}},"constructor":{"name":"x"}}',
    )
    const payload = readPayload(TaskSubmit, hostile) as TaskSubmit & { isAdmin?: boolean }
    expect(payload).toBeInstanceOf(TaskSubmit)
    expect(payload.isAdmin).toBeUndefined()
    expect((payload.inputs as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  it('has a class whose constraints all answer at once', () => {
    const storage = getMetadataStorage()
    const asking = topology.messages.flatMap(({ payload }) =>
      storage
        .getTargetValidationMetadatas(payload, '', false, false)
        .flatMap(({ constraintCls }) => storage.getTargetValidatorConstraints(constraintCls))
        .filter(({ async }) => async),
    )
    expect(asking).toEqual([])
  })
})

describe('an instance made without class-transformer', () => {
  it.each([
    [RunStarted, ids],
    [RunStarted, { ...ids, unknown: { of: ['a newer version'] } }],
    [AuditList, {}],
    [AuditList, { taskId: ids.taskId, verdict: 'denied', limit: 5 }],
    [StateSet, { key: 'k', value: { deep: [{ a: null }] }, persist: true }],
  ] as [PayloadClass, object][])('is what class-transformer makes: %o %j', (payload, value) => {
    const instance = readPayload(payload, structuredClone(value))
    expect(instance).toBeInstanceOf(payload)
    expect(instance).toStrictEqual(plainToInstance(payload, value))
  })

  it('has no property that changes what it is', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "constructor": "x"}') as object
    const instance = readPayload(RunStarted, { ...hostile, ...ids })
    expect(instance).toStrictEqual(plainToInstance(RunStarted, ids))
    expect((instance as { polluted?: boolean }).polluted).toBeUndefined()
    expect(instance.constructor).toBe(RunStarted)
  })
})

describe('a quick look at a payload', () => {
  it('finds that it fits where class-validator, asked strictly, finds nothing', () => {
    expect(fitsExactly(StateGet, { key: 'k' })).toBe(true)
    expect(fitsExactly(AuditList, {})).toBe(true)
    expect(fitsExactly(RunStarted, ids)).toBe(true)
  })

  it('leaves to class-validator what does not fit, has an unknown property or nested classes', () => {
    expect(fitsExactly(StateGet, { key: 7 })).toBe(false)
    expect(fitsExactly(AuditList, { tenant: 'other' })).toBe(false)
    expect(fitsExactly(AuditList, { limit: 'x' })).toBe(false)
    expect(fitsExactly(TaskSubmit, { goal: 'x' })).toBe(false)
  })
})
