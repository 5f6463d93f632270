import { expect, it } from 'vitest'
import { SeenIds } from './seen.ids.js'

it('tells a new id from one it has seen, and forgets the oldest past its limit', () => {
  const seen = new SeenIds(2)
  expect([seen.add('a'), seen.add('a'), seen.add('b'), seen.add('c')]).toEqual([true, false, true, true])
  expect(seen.add('b')).toBe(false)
  expect(seen.add('a')).toBe(true)
})
