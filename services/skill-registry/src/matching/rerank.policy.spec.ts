import { describe, expect, it } from 'vitest'
import { permutationOf } from './rerank.policy.js'

describe('the order that an endpoint answers', () => {
  it('is one of what was offered, and what it leaves out follows', () => {
    expect(permutationOf(['a', 'b', 'c'], [3, 1, 2])).toEqual(['c', 'a', 'b'])
    expect(permutationOf(['a', 'b', 'c'], [2])).toEqual(['b', 'a', 'c'])
    expect(permutationOf(['a', 'b'], [])).toEqual(['a', 'b'])
  })

  it.each([[[0]], [[4]], [[1.5]], [[NaN]]])('is none when it invents one: %j', (order) => {
    expect(() => permutationOf(['a', 'b', 'c'], order)).toThrow(/not offered/)
  })

  it('is none when it names one twice', () => {
    expect(() => permutationOf(['a', 'b', 'c'], [1, 1])).toThrow(/twice/)
  })
})
