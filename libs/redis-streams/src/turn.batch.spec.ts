import { describe, expect, it } from 'vitest'
import { TurnBatch } from './turn.batch.js'

describe('a turn batch', () => {
  it('does in one go what is asked for within one turn, in the order of asking', async () => {
    const flushed: number[][] = []
    const batch = new TurnBatch<number, number>(async (items) => {
      flushed.push(items)
      return items.map((item) => item * 2)
    }, 3)
    expect(await Promise.all([1, 2, 3, 4].map((item) => batch.add(item)))).toEqual([2, 4, 6, 8])
    expect(flushed).toEqual([[1, 2, 3], [4]])
  })

  it('rejects the items that failed, and all of them when the flush fails', async () => {
    const some = new TurnBatch<number, number>(
      async (items) => items.map((item) => (item === 2 ? new Error('two') : item)),
      9,
    )
    const results = await Promise.allSettled([1, 2].map((item) => some.add(item)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    const none = new TurnBatch<number, number>(() => Promise.reject(new Error('down')), 9)
    await expect(none.add(1)).rejects.toThrow('down')
  })
})
