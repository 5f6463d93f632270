import { describe, expect, it } from 'vitest'
import { shardFor, shardOfText } from './shard.choice.js'

describe('the shard of a message', () => {
  const shards = ['a', 'b', 'c']

  it('is that of its subject, whatever its id', () => {
    const of = (id: string) => shardFor({ id, subject: 'task-1' }, shards)
    expect(new Set(['1', '2', '3', '4', '5', '6'].map(of)).size).toBe(1)
  })

  it('is that of its id when it has no subject', () => {
    expect(shardFor({ id: 'task-1' }, shards)).toBe(shardFor({ id: 'x', subject: 'task-1' }, shards))
  })

  it('never changes for the same list: producers in other languages compute it too', () => {
    // FNV-1a, 32 bits, of "foobar" is 0xbf9cf968.
    expect(shardOfText('foobar', ['0', '1', '2', '3', '4', '5', '6'])).toBe(String(0xbf9cf968 % 7))
    expect(shardOfText('ü', shards)).toBe('b')
  })

  it('spreads evenly', () => {
    const counts = Object.groupBy(
      Array.from({ length: 3_000 }, (_, n) => shardOfText(`task-${n}`, shards)),
      (shard) => shard,
    )
    for (const shard of shards) expect(counts[shard]?.length).toBeGreaterThan(850)
  })

  it('is not chosen from none', () => {
    expect(() => shardOfText('x', [])).toThrow(RangeError)
  })
})
