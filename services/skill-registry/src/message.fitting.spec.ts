import { describe, expect, it } from 'vitest'
import { beginningThatFits } from './message.fitting.js'

describe('a list in one message', () => {
  it('is whole when it fits, else its beginning in bytes of JSON', () => {
    expect(beginningThatFits(['aa', 'bb'], 10)).toEqual(['aa', 'bb'])
    expect(beginningThatFits(['aa', 'bb'], 9)).toEqual(['aa'])
    expect(beginningThatFits(['é', 'é'], 9)).toEqual(['é'])
    expect(beginningThatFits(['a long one'], 5)).toEqual([])
  })
})
