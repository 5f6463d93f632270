import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalDigest } from './canonical.digest.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('the digest of a value', () => {
  it('is the SHA-256 of its canonical JSON text', () => {
    expect(canonicalDigest({ b: [1, 'x', null, true], a: {} })).toBe(sha256('{"a":{},"b":[1,"x",null,true]}'))
  })

  it('does not depend on the order of keys, at any depth, but on that of lists', () => {
    const one = canonicalDigest({ a: 1, b: { c: 2, d: [{ e: 3, f: 4 }] } })
    expect(canonicalDigest({ b: { d: [{ f: 4, e: 3 }], c: 2 }, a: 1 })).toBe(one)
    expect(canonicalDigest([1, 2])).not.toBe(canonicalDigest([2, 1]))
  })

  it('sorts keys by UTF-16 code units, as RFC 8785 wants it', () => {
    // U+1F600 begins with the surrogate D83D, before U+FB33 by code unit and after it by code point.
    expect(canonicalDigest({ '\ufb33': 1, '\u{1f600}': 2, '€': 3 })).toBe(
      sha256('{"€":3,"\u{1f600}":2,"\ufb33":1}'),
    )
  })

  it('is that of the UTF-8 text, without normalization', () => {
    expect(canonicalDigest('Grüße 😀')).toBe(sha256('"Grüße 😀"'))
    expect(canonicalDigest('\u00fc')).not.toBe(canonicalDigest('u\u0308'))
  })

  it('does not depend on how a number is spelled', () => {
    expect(canonicalDigest(JSON.parse('[1.0,1e2,-0,1E21]'))).toBe(sha256('[1,100,0,1e+21]'))
  })

  it('leaves out what JSON leaves out', () => {
    expect(canonicalDigest({ a: undefined, b: 1 })).toBe(canonicalDigest({ b: 1 }))
  })

  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['NaN, however deep', { a: [NaN] }],
    ['an infinite number', Infinity],
    ['a cycle', cycle],
    ['half a surrogate pair', '\ud83d'],
    ['a bigint', 1n],
  ])('is refused as a TypeError for %s', (_, value) => {
    expect(() => canonicalDigest(value)).toThrow(TypeError)
  })
})
