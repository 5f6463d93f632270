import { describe, expect, it } from 'vitest'
import { compileSchema, fitsStrictMode } from './json.schema.js'

const object = (properties: object, over: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...over,
})

describe('a check by JSON Schema', () => {
  it('says what is wrong, up to five times', () => {
    const check = compileSchema({ type: 'array', items: { enum: ['a', 'b'] } })
    expect(check(['a', 'b'])).toBeUndefined()
    expect(check(['c'])).toBe('/0 must be equal to one of the allowed values')
    expect(check(Array(9).fill(1))).toContain('; and 4 more')
  })

  it('does not mind words that it does not know', () => {
    expect(compileSchema({ type: 'string', format: 'skill-name', 'x-order': 1 })('a')).toBeUndefined()
  })

  it('is not made from nonsense', () => {
    expect(() => compileSchema({ type: 'nonsense' })).toThrow(TypeError)
    expect(() => compileSchema({ $ref: '#/missing' })).toThrow(TypeError)
  })
})

describe('strict mode', () => {
  it('takes objects that are closed and require all they have', () => {
    expect(fitsStrictMode(object({ a: { type: 'string' }, b: { type: 'array', items: object({}) } }))).toBe(
      true,
    )
  })

  it.each([
    object({ a: {} }, { required: [] }),
    object({ a: {} }, { additionalProperties: true }),
    object({ a: { type: 'array', items: { type: 'object' } } }),
    { type: ['object', 'null'] },
  ])('does not take %j', (schema) => {
    expect(fitsStrictMode(schema)).toBe(false)
  })
})
