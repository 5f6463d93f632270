import { expect, it } from 'vitest'
import { median, percentile } from './statistics.js'

it('takes the value in the middle, or the mean of both', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([9, 1, 5, 7])).toBe(6)
  expect(median([4])).toBe(4)
  expect(median([])).toBeNaN()
})

it('takes the value at a share of the sorted ones', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 99 - index)
  expect(percentile(hundred, 0.5)).toBe(50)
  expect(percentile(hundred, 0.99)).toBe(99)
  expect(percentile(hundred, 1)).toBe(99)
})
