import { describe, expect, it } from 'vitest'
import { mergeClass, mergeProperty } from './schema.merging.js'

const types = { State: { type: 'string', enum: ['on', 'off'] }, Snapshot: { type: 'object' } }
const merge = (typed: object, rule: object) => mergeProperty('Thing.field', typed, rule, types)

describe('one property of a payload class', () => {
  it('has the description of its type and the limits of its rules', () => {
    const typed = { type: 'number', description: 'How many.' }
    expect(merge(typed, { type: 'integer', minimum: 1 })).toEqual({
      type: 'integer',
      description: 'How many.',
      minimum: 1,
    })
  })

  it('refers to its type as long as the rules demand no more', () => {
    const reference = { $ref: '#/definitions/State' }
    expect(merge(reference, { type: 'string', enum: ['off', 'on'] })).toEqual(reference)
    expect(merge({ $ref: '#/definitions/Snapshot' }, { type: 'object' })).toEqual({
      $ref: '#/definitions/Snapshot',
    })
    expect(merge({ ...reference, description: 'Now.' }, { type: 'string', enum: ['on'] })).toEqual({
      description: 'Now.',
      allOf: [reference, { enum: ['on'] }],
    })
  })

  it('has the rules for each item of a list', () => {
    const typed = { type: 'array', items: { $ref: '#/definitions/State' } }
    expect(merge(typed, { type: 'array', maxItems: 2, items: { type: 'string', minLength: 2 } })).toEqual({
      type: 'array',
      maxItems: 2,
      items: { allOf: [{ $ref: '#/definitions/State' }, { minLength: 2 }] },
    })
  })

  it('must not be of two types', () => {
    expect(() => merge({ type: 'string' }, { type: 'integer' })).toThrow(
      'Thing.field is of type string, its validation demands integer',
    )
  })
})

describe('a payload class', () => {
  const typed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }

  it('is as its type says where it has no rules', () => {
    expect(mergeClass('Thing', typed, undefined, types)).toEqual(typed)
    expect(mergeClass('Thing', typed, { properties: {} }, types)).toEqual(typed)
  })

  it('must be of one mind on what may be absent', () => {
    const rules = { properties: { a: { type: 'string' } } }
    expect(() => mergeClass('Thing', typed, rules, types)).toThrow(
      'Thing.a is optional by its validation only',
    )
    expect(() =>
      mergeClass('Thing', { ...typed, required: [] }, { ...rules, required: ['a'] }, types),
    ).toThrow('Thing.a is optional by its type only')
    expect(mergeClass('Thing', typed, { ...rules, required: ['a'] }, types)).toEqual(typed)
  })
})
