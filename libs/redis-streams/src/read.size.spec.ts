import { describe, expect, it } from 'vitest'
import { ReadSize, sizeOf } from './read.size.js'

const mebibyte = 1024 * 1024

/** Reads from a stream with so many entries of a size, and says how many came each time. */
function read(size: ReadSize, entries: number, bytes: number, most = 100): number[] {
  const counts: number[] = []
  for (let left = entries; left > 0;) {
    const count = Math.min(left, size.next(most))
    size.begin()
    size.came('s', new Array<number>(count).fill(bytes))
    counts.push(count)
    left -= count
  }
  return counts
}

describe('the size of a read', () => {
  it('begins with one entry and doubles while there are more, up to what there is room for', () => {
    expect(read(new ReadSize(), 400, 1_000)).toEqual([1, 2, 4, 8, 16, 32, 64, 100, 100, 73])
  })

  it('is one entry while entries are larger than it may be, from the first read on', () => {
    expect(Math.max(...read(new ReadSize(), 100, 10 * mebibyte))).toBe(1)
  })

  it('stays within 8 MiB once it knows the entries', () => {
    const size = new ReadSize()
    for (const count of read(size, 100, mebibyte)) expect(count * mebibyte).toBeLessThanOrEqual(8 * mebibyte)
  })

  it('counts what comes of all streams together', () => {
    const size = new ReadSize()
    size.begin()
    for (const stream of ['a', 'b']) size.came(stream, new Array<number>(50).fill(mebibyte))
    expect(size.next(100)).toBe(4)
  })

  it('forgets a large entry after a while', () => {
    const size = new ReadSize()
    read(size, 1, 10 * mebibyte)
    expect(read(size, 400, 1_000).at(-1)).toBeGreaterThan(20)
  })

  it('is measured by the characters of the fields', () => {
    expect(sizeOf(['data', 'x'.repeat(10)])).toBe(14)
  })
})
