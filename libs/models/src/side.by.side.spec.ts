import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { inOrder, sideBySide } from './side.by.side.js'

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

describe('work in order', () => {
  const run = async (items: readonly string[], width = 4) => {
    const log: string[] = []
    const results = await inOrder(
      items,
      width,
      (item) => item.startsWith('r'),
      async (item) => {
        log.push(`+${item}`)
        await turn()
        log.push(`-${item}`)
        return item
      },
    )
    expect(results).toEqual(items)
    return log.join(' ')
  }

  it('runs neighbours that may beside each other, and all others alone', async () => {
    expect(await run(['r1', 'w1', 'w2', 'r2', 'r3', 'w3'])).toBe(
      '+r1 -r1 +w1 -w1 +w2 -w2 +r2 +r3 -r2 -r3 +w3 -w3',
    )
    expect(await run(['r1', 'r2', 'r3'], 1)).toBe('+r1 -r1 +r2 -r2 +r3 -r3')
    expect(await run([])).toBe('')
  })

  it('begins nothing after a failure', async () => {
    const begun: string[] = []
    const work = inOrder(
      ['r1', 'r2', 'w1'],
      4,
      (item) => item.startsWith('r'),
      (item) => {
        begun.push(item)
        return item === 'r1' ? Promise.reject(new Error('bad')) : Promise.resolve()
      },
    )
    await expect(work).rejects.toThrow('bad')
    expect(begun).toEqual(['r1', 'r2'])
  })
})
