import { describe, expect, it } from 'vitest'
import { Environment, SettingError } from './environment.config.js'

const of = (value: string | undefined) => new Environment({ NAME: value })

describe('a setting', () => {
  it('that is empty counts as absent', () => {
    expect(of('').optional('NAME')).toBeUndefined()
    expect(of('x').optional('NAME')).toBe('x')
    expect(of('').integer('NAME', 7)).toBe(7)
    expect(of('').json('NAME', [1], Array.isArray)).toEqual([1])
  })

  it('that is needed and absent is named', () => {
    expect(() => of(undefined).required('NAME')).toThrow(new SettingError('NAME is not set'))
    expect(of('x').required('NAME')).toBe('x')
  })
})

describe('a whole number', () => {
  it('is taken from its minimum on', () => {
    expect(of('0').integer('NAME', 7)).toBe(0)
    expect(of('50').integer('NAME', 7, 50)).toBe(50)
  })

  it.each(['49', '-1', '1.5', '1e3', '0x40', ' ', 'many', 'NaN', 'Infinity', '9007199254740993'])(
    'is not %j where it must be at least 50',
    (text) => {
      expect(() => of(text).integer('NAME', 7, 50)).toThrow(
        new SettingError(`NAME must be a whole number of at least 50, not '${text}'`),
      )
    },
  )
})

describe('an address', () => {
  it.each([
    ['redis://127.0.0.1:6380', { host: '127.0.0.1', port: 6380 }],
    ['redis://cache.example', { host: 'cache.example', port: 6379 }],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }],
  ])('is read from %s', (text, address) => {
    expect(of(text).address('NAME', 'redis', 6379)).toEqual(address)
  })

  it.each(['127.0.0.1:6379', 'localhost:6379', 'rediss://cache.example', 'mysql://127.0.0.1', 'redis:///0'])(
    'is not %s',
    (text) => {
      expect(() => of(text).address('NAME', 'redis', 6379)).toThrow(
        new SettingError('NAME must be a URL such as redis://127.0.0.1:6379'),
      )
    },
  )

  it('that holds a password is refused without showing it', () => {
    const read = () => of('redis://me:hunter2@127.0.0.1').address('NAME', 'redis', 6379)
    expect(read).toThrow('NAME must hold no credentials: set the password in its own variable')
    expect(read).not.toThrow('hunter2')
  })
})

describe('a JSON setting', () => {
  const isNumbers = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((one) => typeof one === 'number')

  it('is parsed and must pass its guard', () => {
    expect(of('[1,2]').json('NAME', [], isNumbers)).toEqual([1, 2])
    expect(() => of('["1"]').json('NAME', [], isNumbers)).toThrow(
      new SettingError('NAME has not the expected shape'),
    )
    expect(() => of('[1').json('NAME', [], isNumbers)).toThrow(new SettingError('NAME must be JSON'))
  })
})
