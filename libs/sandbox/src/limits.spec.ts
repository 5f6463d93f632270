import { expect, it } from 'vitest'
import { assertLimits, defaultLimits } from './limits.js'
import { InvalidRequestError } from './sandbox.errors.js'

it('accepts the defaults and refuses what is no positive whole number', () => {
  expect(() => assertLimits(defaultLimits)).not.toThrow()
  for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => assertLimits({ ...defaultLimits, openFiles: value })).toThrow(InvalidRequestError)
  expect(() => assertLimits({ ...defaultLimits, wallMs: 2 ** 31 })).toThrow(InvalidRequestError)
})
