import { describe, expect, it } from 'vitest'
import { compareEntryIds } from './entry.position.js'

describe('compareEntryIds', () => {
  it('orders by time, then by sequence, as numbers', () => {
    const ids = ['1700000000000-10', '0-0', '1700000000000-9', '99-1', '1700000000001-0']
    expect(ids.toSorted(compareEntryIds)).toEqual([
      '0-0',
      '99-1',
      '1700000000000-9',
      '1700000000000-10',
      '1700000000001-0',
    ])
  })

  it('finds equal ids equal', () => {
    expect(compareEntryIds('5-3', '5-3')).toBe(0)
  })
})
