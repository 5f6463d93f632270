import { describe, expect, it } from 'vitest'
import { bytes, duration, printable, scoreAgainst, shorten, when, wrap } from './text.js'

it('removes what would steer a terminal', () => {
  expect(printable('a\u001b[31mred\u001b[0m\u0007\u009b\tb\nc')).toBe('ared\tb\nc')
})

it('shortens to one line and marks the cut', () => {
  expect(shorten('one\n two', 20)).toBe('one two')
  expect(shorten('abcdef', 4)).toBe('abc…')
})

it('wraps words and keeps line breaks and long words', () => {
  expect(wrap('aa bb cc\ndddddddd e', 5)).toEqual(['aa bb', 'cc', 'dddddddd', 'e'])
})

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_536, '1.5 KiB'],
    [3 * 1024 ** 3, '3.0 GiB'],
  ])('%i bytes are %s', (count, text) => expect(bytes(count)).toBe(text))

  it.each([
    [850, '850 ms'],
    [3_210, '3.2 s'],
    [245_000, '4 min 5 s'],
    [7_380_000, '2 h 3 min'],
    [5 * 86_400_000 + 3_600_000, '5 d 1 h'],
  ])('%i ms are %s', (ms, text) => expect(duration(ms)).toBe(text))

  it('never shows a score below its threshold as reaching it', () => {
    expect(scoreAgainst(0.945, 0.5)).toBe('0.94 (needs 0.50)')
    expect(scoreAgainst(0.5, 0.5)).toBe('0.50 (needs 0.50)')
    expect(scoreAgainst(0.4999, 0.5)).toBe('0.4999 (needs 0.50)')
    expect(scoreAgainst(0.5 - 1e-12, 0.5)).toBe('just below 0.50')
  })

  it('shows a time in UTC, and what is none as it is', () => {
    expect([when('2026-01-02T03:04:05.678Z'), when('soon')]).toEqual(['2026-01-02 03:04:05', 'soon'])
  })
})
