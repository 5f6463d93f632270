import { expect, it } from 'vitest'
import { parseOptions } from './bench.options.js'

const parse = (...args: string[]) => parseOptions(args, 'usual.json')

it('measures four rounds of 40,000 messages unless told otherwise', () => {
  expect(parse()).toMatchObject({ rounds: 4, messages: 40_000, share: 1, out: 'usual.json', only: [] })
})

it('is quick when asked, and takes what is given beside it', () => {
  expect(parse('--quick')).toMatchObject({ rounds: 1, messages: 4_000, share: 0.1 })
  expect(parse('--quick', '--rounds', '2', '--only', 'bullmq')).toMatchObject({ rounds: 2, only: ['bullmq'] })
})

it('refuses what would fill the audit stream, and what is no number', () => {
  expect(() => parse('--messages', '90001')).toThrow('at most 90000')
  expect(() => parse('--rounds', '0')).toThrow('--rounds must be a whole number above 0')
})
