import { describe, expect, it } from 'vitest'
import { hostHeader, parseAuthority, parsePlainTarget } from './destination.js'

describe('what CONNECT names', () => {
  it.each([
    ['API.Example.COM:443', 'api.example.com', 443],
    ['example.com.:0443', 'example.com', 443],
    ['xn--bcher-kva.example:443', 'xn--bcher-kva.example', 443],
    ['0x7f.1:80', '127.0.0.1', 80],
    ['0x7F000001:80', '127.0.0.1', 80],
    ['017700000001:80', '127.0.0.1', 80],
    ['2130706433:80', '127.0.0.1', 80],
    ['127.1:80', '127.0.0.1', 80],
    ['127.0.0.1.:80', '127.0.0.1', 80],
    ['[0:0:0:0:0:0:0:1]:80', '[::1]', 80],
    ['[::FFFF:127.0.0.1]:80', '[::ffff:7f00:1]', 80],
  ])('%s is %s', (text, host, port) => {
    expect(parseAuthority(text)).toEqual({ host, port })
  })

  it.each([
    'example.com',
    'example.com:',
    'example.com:0',
    'example.com:65536',
    'example.com:99999999999',
    'example.com:443 ',
    'example.com:4 43',
    'example.com:+443',
    'example.com:443:80',
    'good.example@evil.example:443',
    'user:word@evil.example:443',
    'evil.example/good.example:443',
    'evil.example\\good.example:443',
    'evil.example#good.example:443',
    'evil.example?good.example:443',
    'ev%69l.example:443',
    'evil.example%00.good.example:443',
    'evil.example%2egood.example:443',
    'bücher.example:443',
    'ⓔvil.example:443',
    'evil.example\u0000:443',
    'evil.example\r\nhost: good.example:443',
    '*.example.com:443',
    '*:443',
    '[::1%25eth0]:443',
    '[::1]extra:443',
    '::1:443',
    '127.0.0.1.2:80',
    '127.0.0.0x100:80',
    'a..example:443',
    `${'a.'.repeat(150)}example:443`,
    '',
    ':443',
  ])('is not %j', (text) => {
    expect(parseAuthority(text)).toBeUndefined()
  })
})

describe('what a plain request names', () => {
  it.each([
    ['http://Example.com', 'example.com', 80, '/'],
    ['HTTP://example.com:8080/a/../b?q=%2F#part', 'example.com', 8080, '/a/../b?q=%2F'],
    ['http://example.com?q', 'example.com', 80, '/?q'],
    ['http://[::1]/', '[::1]', 80, '/'],
    ['http://0x7f.1:81/', '127.0.0.1', 81, '/'],
  ])('%s is %s', (text, host, port, path) => {
    expect(parsePlainTarget(text)).toEqual({ destination: { host, port }, path })
  })

  it.each([
    '/origin/form',
    '*',
    'example.com:80',
    'https://example.com/',
    'ftp://example.com/',
    'http:example.com/',
    'http:///example.com/',
    'http://good.example@evil.example/',
    'http://good.example:80@evil.example/',
    'http://evil.example\\@good.example/',
    'http://exa%6dple.com/',
    'http://example.com:/',
    'http://*.example.com/',
  ])('is not %j', (text) => {
    expect(parsePlainTarget(text)).toBeUndefined()
  })
})

it('names the host to servers with its port unless that is the usual one', () => {
  expect(hostHeader({ host: 'a.example', port: 80 })).toBe('a.example')
  expect(hostHeader({ host: '[::1]', port: 8080 })).toBe('[::1]:8080')
})
