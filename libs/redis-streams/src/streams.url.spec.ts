import { describe, expect, it } from 'vitest'
import { parseStreamsUrl, streamsUrl } from './streams.url.js'

describe('the address of Redis', () => {
  it.each([
    ['redis://127.0.0.1', { host: '127.0.0.1', port: 6379 }],
    ['redis://[::1]:6380/', { host: '::1', port: 6380 }],
    [
      'redis+cluster://a:1,b',
      {
        host: 'a',
        port: 1,
        clusterNodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
        ],
      },
    ],
  ])('is read from %s', (text, expected) => {
    expect(parseStreamsUrl(text)).toEqual(expected)
    expect(parseStreamsUrl(streamsUrl(expected))).toEqual(expected)
  })

  it.each([
    '127.0.0.1:6379',
    'http://a',
    'redis://',
    'redis://user:secret@a',
    'redis://a/1',
    'redis+cluster://',
    'redis+cluster://a,,b',
    'redis+cluster://a,user@b',
    'redis://a:x',
  ])('is not read from %s', (text) => {
    expect(parseStreamsUrl(text)).toBeUndefined()
  })
})
