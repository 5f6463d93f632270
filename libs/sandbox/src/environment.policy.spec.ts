import { describe, expect, it } from 'vitest'
import { assertArgv, assertEnvironment } from './environment.policy.js'
import { InvalidRequestError } from './sandbox.errors.js'

describe('the environment of a call', () => {
  it('takes any value, also empty, quoted and of several lines', () => {
    expect(() => assertEnvironment({ A: '', _b1: '$(id)\n"\'' })).not.toThrow()
  })

  it.each([
    '',
    '1A',
    'A-B',
    'A=B',
    'BASH_FUNC_x%%',
    'A\0',
    'A\n',
    'LD_PRELOAD',
    'LD_',
    'GCONV_PATH',
    'GLIBC_TUNABLES',
  ])('refuses the name %j', (name) =>
    expect(() => assertEnvironment({ [name]: 'x' })).toThrow(InvalidRequestError),
  )

  it('refuses NUL and oversized values without repeating them', () => {
    expect(() => assertEnvironment({ A: 'secret\0' })).toThrow(/^(?!.*secret)/)
    expect(() => assertEnvironment({ A: 'x'.repeat(131_072) })).toThrow(InvalidRequestError)
  })
})

describe('argv', () => {
  it('needs a command and words without NUL', () => {
    for (const argv of [[], [''], ['-l'], ['a', 'b\0'], ['a', 'x'.repeat(200_000)]])
      expect(() => assertArgv(argv)).toThrow(InvalidRequestError)
    expect(() => assertArgv(['a', ''])).not.toThrow()
  })
})
