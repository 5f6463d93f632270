import { describe, expect, it } from 'vitest'
import { withinTime } from './time.budget.js'

const never = new Promise<never>(() => undefined)

describe('withinTime', () => {
  it('gives what the work gives', async () => {
    expect(await withinTime(1_000, undefined, async () => 7)).toBe(7)
    await expect(withinTime(1_000, undefined, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  it('ends work that does not end, and tells it', async () => {
    let told: AbortSignal | undefined
    const cut = withinTime(20, undefined, (signal) => {
      told = signal
      return never
    })
    await expect(cut).rejects.toMatchObject({ name: 'TimeBudgetError', timeoutMs: 20 })
    expect(told?.aborted).toBe(true)
  })

  it('ends with the reason of an abort, and does not begin after one', async () => {
    const controller = new AbortController()
    const cut = withinTime(1_000, controller.signal, () => never)
    const reason = new Error('canceled')
    controller.abort(reason)
    await expect(cut).rejects.toBe(reason)
    await expect(withinTime(1_000, controller.signal, () => expect.unreachable())).rejects.toBe(reason)
  })
})
