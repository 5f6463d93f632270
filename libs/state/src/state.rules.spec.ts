import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry, hotLifeMs } from './hot.entry.js'
import { checkKey, checkSpace, checkTtl, checkVersion, jsonOf, nextVersion } from './state.rules.js'

describe('state rules', () => {
  it.each(['', 'x'.repeat(513), 'a\nb', 'a\u0000', '\u007f', '\ud800'])('refuses the key %j', (key) => {
    expect(() => checkKey(key)).toThrow(expect.objectContaining({ code: 'invalid-key' }))
  })

  it.each(['a', ' ', 'ключ', 'a/b:c', 'x'.repeat(512)])('takes the key %j', (key) => {
    expect(() => checkKey(key)).not.toThrow()
  })

  it('refuses spaces that could run into keys', () => {
    for (const space of ['', 'a/b', 'a b', 'x'.repeat(201)]) {
      expect(() => checkSpace(space)).toThrow(expect.objectContaining({ code: 'invalid-space' }))
    }
    checkSpace('tenant:local')
  })

  it('refuses values that JSON cannot hold or that are too large', () => {
    const circular: unknown[] = []
    circular.push(circular)
    for (const value of [undefined, () => 1, 1n, circular, 'x'.repeat(1024 * 1024)]) {
      expect(() => jsonOf(value)).toThrow(expect.objectContaining({ code: 'invalid-value' }))
    }
    expect(jsonOf(null)).toBe('null')
  })

  it('refuses a time to live that is no whole positive number', () => {
    for (const ttlMs of [0, -1, 1.5, NaN, Infinity, Number.MAX_SAFE_INTEGER]) {
      expect(() => checkTtl(ttlMs)).toThrow(expect.objectContaining({ code: 'invalid-ttl' }))
    }
    checkTtl(1)
    checkTtl(undefined)
  })

  it('gives versions that grow even when the clock stands, goes back or counts from nothing', () => {
    expect(nextVersion(0, 1_000)).toBe(1_000)
    expect(nextVersion(1_000, 1_000)).toBe(1_001)
    expect(nextVersion(1_001, 500)).toBe(1_002)
  })

  it('lets a write pass at the expected version only', () => {
    checkVersion(undefined, 7)
    checkVersion(7, 7)
    checkVersion(0, 0)
    for (const [expected, current] of [
      [0, 7],
      [7, 0],
      [6, 7],
    ] as const) {
      expect(() => checkVersion(expected, current)).toThrow(
        expect.objectContaining({ code: 'version-conflict' }),
      )
    }
  })
})

describe('hot entry', () => {
  it('reads what it wrote until its time is over', () => {
    const entry = { value: '"v"', version: 3, expiresAtMs: 100 }
    expect(decodeEntry(encodeEntry(entry), 99)).toEqual(entry)
    expect(decodeEntry(encodeEntry(entry), 100)).toBeUndefined()
  })

  it.each([undefined, '', 'no json', '{}', '1'])('takes %j for no entry', (text) => {
    expect(decodeEntry(text, 0)).toBeUndefined()
  })

  it('lives in Redis until it expires, and as a copy no longer than a copy may', () => {
    const hot = { value: '1', version: 0 }
    expect(hotLifeMs(hot, 50, 0)).toBeUndefined()
    expect(hotLifeMs({ ...hot, expiresAtMs: 90 }, 50, 0)).toBe(90)
    expect(hotLifeMs({ ...hot, version: 1 }, 50, 0)).toBe(50)
    expect(hotLifeMs({ ...hot, version: 1, expiresAtMs: 20 }, 50, 0)).toBe(20)
  })
})
