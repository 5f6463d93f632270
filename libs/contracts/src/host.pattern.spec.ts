import { describe, expect, it } from 'vitest'
import { canonicalHost, commonHost } from './host.pattern.js'

describe('a host that may be reached', () => {
  it.each([
    ['API.Example.com:443', 'api.example.com:443'],
    ['api.example.com.:0443', 'api.example.com:443'],
    ['bücher.example:80', 'xn--bcher-kva.example:80'],
    ['0x7f.1:80', '127.0.0.1:80'],
    ['[0:0::1]:5432', '[::1]:5432'],
    ['*.Example.com:*', '*.example.com:*'],
    ['*:443', '*:443'],
  ])('%s is written %s', (text, canonical) => {
    expect(canonicalHost(text)).toBe(canonical)
  })

  it.each([
    'example.com',
    'example.com:0',
    'example.com:65536',
    'example.com:http',
    ':443',
    'user@example.com:443',
    'example.com/path:443',
    'example.com#:443',
    'exa%6dple.com:443',
    'a..b:443',
    '::1:443',
    'a.*.com:443',
    '*.1.2.3.4:443',
    '*.[::1]:443',
    `${'a'.repeat(64)}.com:443`,
    '',
  ])('is not %j', (text) => {
    expect(canonicalHost(text)).toBeUndefined()
  })

  it.each([
    ['*:*', 'example.com:443', 'example.com:443'],
    ['*.example.com:443', 'a.b.example.com:443', 'a.b.example.com:443'],
    ['*.example.com:*', '*.b.example.com:443', '*.b.example.com:443'],
    ['*:443', 'example.com:*', 'example.com:443'],
    ['*.example.com:443', 'example.com:443', undefined],
    ['*.example.com:443', 'badexample.com:443', undefined],
    ['*.example.com:443', 'example.com.evil.org:443', undefined],
    ['example.com:443', 'example.com:80', undefined],
    ['*.2.3.4:443', '1.2.3.4:443', undefined],
  ])('%s and %s have %s in common', (one, other, common) => {
    expect(commonHost(one, other)).toBe(common)
    expect(commonHost(other, one)).toBe(common)
  })
})
