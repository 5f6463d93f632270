import { describe, expect, it } from 'vitest'
import { ReplyPosition } from './reply.position.js'

describe('a position on the reply streams', () => {
  it('is the same after it was written and read', () => {
    expect(String(ReplyPosition.parse('a:1700-2,b:0-0'))).toBe('a:1700-2,b:0-0')
    expect(String(ReplyPosition.parse('0-0'))).toBe('0-0')
  })

  it.each(['', '1-0', 'a', 'a:', 'a:x', ':1-0', 'a:1-0,', 'a:1-0;b:1-0'])('is not read from %j', (text) => {
    expect(() => ReplyPosition.parse(text)).toThrow(RangeError)
  })

  it('covers what was read in each shard, and nothing in a shard that it does not name', () => {
    const position = ReplyPosition.parse('a:5-0')
    expect([position.covers('a', '5-0'), position.covers('a', '5-1'), position.covers('b', '1-0')]).toEqual([
      true,
      false,
      false,
    ])
    expect(position.after('b', '1-0').covers('b', '1-0')).toBe(true)
    expect(position.covers('b', '1-0')).toBe(false)
  })

  it('knows what another one has read beyond it, and what both have', () => {
    const [one, other] = [ReplyPosition.parse('a:5-0,b:9-0'), ReplyPosition.parse('a:7-0,b:3-0')]
    expect(one.coversAll(other)).toBe(false)
    expect(one.coversAll(ReplyPosition.parse('a:5-0'))).toBe(true)
    expect(String(one.earlier(other))).toBe('a:5-0,b:3-0')
  })
})
