import { expect, it } from 'vitest'
import { mapConcurrently } from './concurrent.work.js'

it('does all work, no more at once than allowed, and keeps the order', async () => {
  let underWay = 0
  let most = 0
  const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (item) => {
    most = Math.max(most, ++underWay)
    for (let i = 0; i < item; i++) await Promise.resolve()
    underWay--
    return item * 2
  })
  expect(results).toEqual([10, 2, 8, 4, 6])
  expect(most).toBe(2)
  expect(await mapConcurrently([], 2, () => Promise.resolve(1))).toEqual([])
})

it('begins nothing more after an error', async () => {
  const begun: number[] = []
  const work = async (item: number) => {
    begun.push(item)
    await Promise.resolve()
    if (item === 1) throw new Error('one failed')
  }
  await expect(mapConcurrently([1, 2, 3, 4, 5, 6], 2, work)).rejects.toThrow('one failed')
  expect(begun.length).toBeLessThan(6)
})
