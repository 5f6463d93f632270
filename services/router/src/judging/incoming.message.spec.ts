import { newId } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { parseObject, problemOfHeader, problemOfPayload } from './incoming.message.js'

describe('a JSON object', () => {
  it('is read from its text', () => {
    expect(parseObject('{"a":[1]}')).toEqual({ a: [1] })
  })

  it.each([undefined, '', 'null', '[]', '7', '"{}"', '{', '{}{}'])('is not %j', (text) => {
    expect(parseObject(text)).toBeUndefined()
  })
})

describe('the payload of a client', () => {
  it('is right when it fits its class', () => {
    expect(problemOfPayload('task.submit', { goal: 'List the files' })).toBeUndefined()
    expect(
      problemOfPayload('task.submit', { goal: 'x', mounts: [{ source: '/data', mode: 'ro' }] }),
    ).toBeUndefined()
    expect(problemOfPayload('audit.count', {})).toBeUndefined()
  })

  it('may hold any inputs and any value of a state', () => {
    const inputs = { folder: '/data', nested: { list: [1, { a: null }] } }
    expect(problemOfPayload('task.submit', { goal: 'x', inputs })).toBeUndefined()
    for (const value of [false, 0, '', [], {}, inputs]) {
      expect(problemOfPayload('state.set', { key: 'k', value })).toBeUndefined()
    }
  })

  it('is wrong where it does not fit, in words with the path', () => {
    expect(problemOfPayload('task.submit', {})).toContain('goal must be a string')
    expect(problemOfPayload('task.get', { taskId: 'x' })).toBe('taskId must be a UUID')
    expect(problemOfPayload('task.submit', { goal: 'x', mounts: [{ source: 'data', mode: 'ro' }] })).toBe(
      'mounts.0.source must be an absolute path',
    )
    expect(problemOfPayload('task.submit', { goal: 'x', files: [{ name: '../a', contentBase64: '' }] })).toBe(
      'files.0.name must be a plain file name',
    )
    expect(problemOfPayload('task.submit', { goal: 'x', maxAttempts: '2' })).toContain(
      'maxAttempts must be an integer number',
    )
  })

  it('is wrong where it has a property that its class has not', () => {
    expect(problemOfPayload('task.get', { taskId: newId(), tenant: 'other' })).toBe(
      'tenant: property tenant should not exist',
    )
    expect(
      problemOfPayload('task.submit', { goal: 'x', mounts: [{ source: '/a', mode: 'ro', own: 1 }] }),
    ).toBe('mounts.0.own: property own should not exist')
  })

  it('is told of thousands of problems in a thousand characters', () => {
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`p${index}`, 1]))
    expect(problemOfPayload('task.submit', { goal: 'x', ...unknown })).toHaveLength(1000)
  })

  it('is wrong when it is nested so deep that reading it would end the stack', () => {
    const nested = (levels: number) =>
      JSON.parse(`{"goal":"x","inputs":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`)
    expect(problemOfPayload('task.submit', nested(98))).toBeUndefined()
    for (const levels of [99, 3_000, 29_000]) {
      expect(problemOfPayload('task.submit', nested(levels))).toBe(
        'the payload is nested deeper than 100 levels',
      )
    }
  })
})

describe('the header of a service', () => {
  const good = {
    id: newId(),
    type: 'run.started',
    tenant: 'acme',
    source: '/services/executor',
  }

  it('is right when it names a message, a tenant and the service itself', () => {
    expect(problemOfHeader(good, 'executor')).toBeUndefined()
  })

  it.each([
    [undefined, 'the field event is no JSON object'],
    [{ ...good, id: '1' }, 'id is no UUID'],
    [{ id: good.id, tenant: 'acme', source: good.source }, 'type is missing'],
    [{ id: good.id, type: good.type, source: good.source }, 'tenant is missing'],
    [{ ...good, tenant: '' }, 'tenant is missing'],
    [{ ...good, expirytime: 'soon' }, 'expirytime is no time'],
    [{ ...good, source: '/services/router' }, 'source must be /services/executor: nobody speaks as another'],
    [{ ...good, source: '/clients/anna' }, 'source must be /services/executor: nobody speaks as another'],
  ])('is wrong in words: %j', (header, problem) => {
    expect(problemOfHeader(header, 'executor')).toBe(problem)
  })
})
