import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sideBySide } from './side.by.side.js'

describe('work side by side', () => {
  it('is begun in order, never more at a time than allowed, and answered in order', async () => {
    let running = 0
    let most = 0
    const begun: number[] = []
    const results = await sideBySide([3, 1, 2, 0], 2, async (turns) => {
      begun.push(turns)
      most = Math.max(most, ++running)
      for (let time = 0; time < turns; time++) await turn()
      running--
      return turns * 10
    })
    expect(results).toEqual([30, 10, 20, 0])
    expect(begun).toEqual([3, 1, 2, 0])
    expect(most).toBe(2)
  })

  it('ends with the first failure after what was under way has ended, and begins nothing more', async () => {
    const ended: string[] = []
    const work = sideBySide(['slow', 'bad', 'never'], 2, async (item) => {
      if (item === 'bad') throw new Error('bad')
      await turn()
      ended.push(item)
    })
    await expect(work).rejects.toThrow('bad')
    expect(ended).toEqual(['slow'])
  })

  it('has nothing to do for nothing', async () => {
    expect(await sideBySide([], 4, () => expect.unreachable())).toEqual([])
  })
})
