import { describe, expect, it } from 'vitest'
import {
  collect,
  collectNames,
  collectSetting,
  parseCount,
  parseDuration,
  parseJsonObject,
  splitMount,
} from './option.parsing.js'

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['90', 90_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('takes %s as %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '5x', '-1s', '0', '0.1ms', 's', '1s2'])('refuses "%s" and says what to use', (text) => {
    expect(() => parseDuration(text)).toThrow('Use 500ms')
  })
})

describe('parseCount', () => {
  it('takes whole numbers within its bounds only', () => {
    const parse = parseCount(1, 500)
    expect([parse('1'), parse('500')]).toEqual([1, 500])
    for (const text of ['0', '501', '1.5', '1e2', '', ' 3'])
      expect(() => parse(text)).toThrow('from 1 to 500')
  })
})

describe('collectSetting', () => {
  it('takes JSON values as such and anything else as text, the last one of a name', () => {
    const texts = [
      'depth=3',
      'name=a=b',
      'flag=true',
      'list=["x"]',
      'word=null and void',
      'empty=',
      'depth=4',
    ]
    const all = texts.reduce<Record<string, unknown>>((earlier, text) => collectSetting(text, earlier), {})
    expect(all).toEqual({ depth: 4, name: 'a=b', flag: true, list: ['x'], word: 'null and void', empty: '' })
  })

  it('refuses a setting without a name', () => {
    expect(() => collectSetting('=3')).toThrow('name=value')
    expect(() => collectSetting('depth')).toThrow('name=value')
  })
})

it('collects in order without changing what it was given', () => {
  const earlier = ['a']
  expect(collect('b', earlier)).toEqual(['a', 'b'])
  expect(earlier).toEqual(['a'])
})

it('collects names separated by commas', () => {
  expect(collectNames('b, c,', ['a'])).toEqual(['a', 'b', 'c'])
})

it('takes JSON objects only for --inputs', () => {
  expect(parseJsonObject('{"a": 1}')).toEqual({ a: 1 })
  for (const text of ['[1]', 'null', '3', '{']) expect(() => parseJsonObject(text)).toThrow('JSON object')
})

it.each([
  ['.', '.', 'ro'],
  ['/a:rw', '/a', 'rw'],
  ['/a:ro', '/a', 'ro'],
  ['/odd:name', '/odd:name', 'ro'],
  ['/odd:name:rw', '/odd:name', 'rw'],
])('reads the mount %s', (text, dir, mode) => {
  expect(splitMount(text)).toEqual({ dir, mode })
})
