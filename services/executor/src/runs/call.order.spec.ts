import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { CallOrder } from './call.order.js'

function calls() {
  const order = new CallOrder()
  const log: string[] = []
  const call = (name: string, error?: Error) =>
    order.run(name.startsWith('r'), async () => {
      log.push(`+${name}`)
      await turn()
      log.push(`-${name}`)
      if (error) throw error
      return name
    })
  return { call, log }
}

describe('the order of calls', () => {
  it('has those that may side by side, and all others alone, in the order in which they came', async () => {
    const { call, log } = calls()
    const all = ['r1', 'r2', 'w1', 'w2', 'r3', 'r4', 'w3']
    expect(await Promise.all(all.map((name) => call(name)))).toEqual(all)
    expect(log.join(' ')).toBe('+r1 +r2 -r1 -r2 +w1 -w1 +w2 -w2 +r3 +r4 -r3 -r4 +w3 -w3')
  })

  it('begins nothing after a failure, and tells those that wait of it', async () => {
    const { call, log } = calls()
    const failing = [call('r1'), call('w1', new Error('parked')), call('r2'), call('w2')]
    const ends = await Promise.allSettled(failing)
    expect(ends.map((end) => (end.status === 'rejected' ? String(end.reason) : end.value))).toEqual([
      'r1',
      'Error: parked',
      'Error: parked',
      'Error: parked',
    ])
    await expect(call('r3')).rejects.toThrow('parked')
    expect(log.join(' ')).toBe('+r1 -r1 +w1 -w1')
  })
})
