import { describe, expect, it } from 'vitest'
import { harmIn } from './payload.harm.js'

const harm = (text: string) => harmIn(JSON.parse(text))

describe('a payload', () => {
  it.each([
    '{}',
    '{"goal":"a \\ud83d\\ude00 b","inputs":{"constructor":"Smith & Sons","prototype":1,"proto":[null,true,1.5]}}',
    '{"inputs":{"constructor":{"name":"x"}}}',
  ])('is harmless: %s', (text) => {
    expect(harm(text)).toBeUndefined()
  })

  it.each([
    ['{"__proto__":{"admin":true}}', 'the payload must not have a property __proto__'],
    ['{"a":[{"\\u005f_proto__":1}]}', 'the payload must not have a property __proto__'],
    [
      '{"a":{"constructor":{"prototype":{"x":1}}}}',
      'the payload must not have a property constructor.prototype',
    ],
    ['{"goal":"\\ud800"}', 'the payload has half a surrogate pair, which is no character'],
    ['{"a":{"\\udc00":1}}', 'the payload has half a surrogate pair, which is no character'],
  ])('is harmful: %s', (text, words) => {
    expect(harm(text)).toBe(words)
  })

  it('may be nested 100 levels deep and no deeper', () => {
    const nested = (levels: number) => harm('['.repeat(levels) + ']'.repeat(levels))
    expect(nested(100)).toBeUndefined()
    expect(nested(101)).toBe('the payload is nested deeper than 100 levels')
    expect(nested(29_000)).toBe('the payload is nested deeper than 100 levels')
  })
})
