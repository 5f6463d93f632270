import { describe, expect, it } from 'vitest'
import { merged } from './merged.js'

async function* numbers(...values: number[]) {
  for (const value of values) {
    await Promise.resolve()
    yield value
  }
}

async function* failing() {
  yield* numbers(1)
  throw new Error('broken')
}

describe('several sources as one', () => {
  it('yield everything, each in its own order, and end with the last of them', async () => {
    const all: number[] = []
    for await (const value of merged([numbers(1, 2, 3), numbers(), numbers(10, 20)])) all.push(value)
    expect(all.filter((value) => value < 10)).toEqual([1, 2, 3])
    expect(all.filter((value) => value >= 10)).toEqual([10, 20])
  })

  it('fail with the first that fails', async () => {
    const all: number[] = []
    const reading = (async () => {
      for await (const value of merged([failing(), numbers(5, 6)])) all.push(value)
    })()
    await expect(reading).rejects.toThrow('broken')
    expect(all).toContain(1)
  })

  it('are not read further than they are taken', async () => {
    let made = 0
    async function* endless() {
      for (;;) yield (made += 1)
    }
    for await (const value of merged([endless()])) if (value === 3) break
    expect(made).toBe(3)
  })
})
