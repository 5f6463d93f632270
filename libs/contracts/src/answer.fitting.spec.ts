import { describe, expect, it } from 'vitest'
import { fittingList } from './answer.fitting.js'

describe('a list in an answer', () => {
  it('is kept whole when it fits', () => {
    expect(fittingList([1, 22, 333])).toEqual({ kept: [1, 22, 333], omitted: 0 })
  })

  it('keeps its beginning, by bytes of JSON, and says how many items it left out', () => {
    // Each item is 4 bytes of JSON ("ab" in quotes) and a comma; "ü" has two bytes.
    expect(fittingList(['ab', 'cd', 'ef'], 10)).toEqual({ kept: ['ab', 'cd'], omitted: 1 })
    expect(fittingList(['ü', 'ü', 'ü'], 9)).toEqual({ kept: ['ü'], omitted: 2 })
  })
})
