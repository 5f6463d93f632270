import { expect, it } from 'vitest'
import { coverForeign } from './foreign-descriptors.js'

it('covers every foreign descriptor behind the own ones, in whatever order they were found', () => {
  expect(coverForeign([10, 11, 12], [6, 4, 1], 99)).toEqual([10, 11, 12, 'ignore', 99, 'ignore', 99])
})

it('changes nothing when there is no foreign descriptor', () => {
  expect(coverForeign([10, 11, 12], [], 99)).toEqual([10, 11, 12])
})
