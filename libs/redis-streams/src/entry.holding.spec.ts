import { describe, expect, it } from 'vitest'
import { EntryHolding } from './entry.holding.js'
import { compareEntryIds } from './entry.id.js'
import { SlotPool } from './slot.pool.js'

const goOn = new AbortController().signal

function delivered(id: string, deliveries = 1) {
  return { stream: 's', id, flat: [], deliveries }
}

describe('the holding of a consumer', () => {
  it('has as many free slots as it holds fewer entries than its capacity', async () => {
    const holding = new EntryHolding(new SlotPool(2), 3)
    const { entry } = holding.hold(delivered('1-1'))
    expect(await holding.freeSlots(goOn)).toBe(1)
    holding.hold(delivered('1-2'))
    const next = holding.freeSlots(goOn)
    holding.letGo(entry)
    expect(await next).toBe(1)
  })

  it('gives the slot of a parked entry to others, and gives it back only when one is free', async () => {
    const holding = new EntryHolding(new SlotPool(1), 3)
    const { entry: parked } = holding.hold(delivered('1-1'))
    const back = holding.park(parked, 1, goOn)
    expect(await holding.freeSlots(goOn)).toBe(1)
    const { entry: other } = holding.hold(delivered('1-2'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(parked.isParked).toBe(true)
    holding.letGo(other)
    expect(await back).toBe(true)
    expect(holding.free).toBe(0)
  })

  it('gives the slot of an ended entry to others, until twice its capacity waits to be settled', () => {
    const holding = new EntryHolding(new SlotPool(1), 3)
    const { entry: first } = holding.hold(delivered('1-1'))
    holding.end(first)
    holding.end(first)
    expect(holding.free).toBe(1)
    expect(holding.isHeld(first)).toBe(true)
    const { entry: second } = holding.hold(delivered('1-2'))
    expect(holding.free).toBe(0)
    holding.end(second)
    expect(holding.free).toBe(0)
    holding.letGo(first)
    expect(holding.free).toBe(1)
    holding.letGo(second)
    expect(holding.free).toBe(1)
  })

  it('takes no more in while ten times its capacity is parked', () => {
    const holding = new EntryHolding(new SlotPool(1), 3)
    for (let n = 0; n < 10; n += 1)
      void holding.park(holding.hold(delivered(`1-${n}`)).entry, 60_000, AbortSignal.abort())
    expect(holding.free).toBe(0)
  })

  it('takes one suspect at a time', () => {
    const holding = new EntryHolding(new SlotPool(9), 3)
    const first = holding.hold(delivered('1-1', 3))
    expect(first.isHeld).toBe(true)
    expect(holding.hold(delivered('1-2', 4)).isHeld).toBe(false)
    expect(holding.hold(delivered('1-3', 2)).isHeld).toBe(true)
    holding.letGo(first.entry)
    expect(holding.hold(delivered('1-2', 4)).isHeld).toBe(true)
  })
})

describe('consumers that share their slots', () => {
  it('may fill their share of the free ones each', () => {
    const slots = new SlotPool(9)
    const [one, other] = [new EntryHolding(slots, 3), new EntryHolding(slots, 3)]
    expect([one.free, other.free]).toEqual([5, 5])
    for (let n = 0; n < 8; n += 1) one.hold(delivered(`1-${n}`))
    expect([one.free, other.free]).toEqual([1, 1])
  })

  it('have the entries wait that came in beyond their number', async () => {
    const slots = new SlotPool(1)
    const [one, other] = [new EntryHolding(slots, 3), new EntryHolding(slots, 3)]
    const { entry: first } = one.hold(delivered('1-1'))
    expect(one.isOverfull).toBe(false)
    const { entry: second } = other.hold(delivered('1-1'))
    expect(other.isOverfull).toBe(true)
    const mayGoOn = other.park(second, 0, goOn)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(second.isParked).toBe(true)
    one.letGo(first)
    expect(await mayGoOn).toBe(true)
    expect(other.isOverfull).toBe(false)
  })

  it('take one suspect at a time between them', () => {
    const slots = new SlotPool(9)
    const [one, other] = [new EntryHolding(slots, 3), new EntryHolding(slots, 3)]
    const { entry } = one.hold(delivered('1-1', 3))
    expect(other.hold(delivered('1-1', 3)).isHeld).toBe(false)
    one.letGo(entry)
    expect(other.hold(delivered('1-1', 3)).isHeld).toBe(true)
  })
})

describe('a held entry', () => {
  it('leaves the delivery count as it was when it was not begun, and its attempts when it was', () => {
    const { entry } = new EntryHolding(new SlotPool(1), 9).hold(delivered('1-1', 2))
    expect(entry.deliveriesOnRelease).toBe(1)
    expect(entry.beginAttempt()).toBe(2)
    expect(entry.beginAttempt()).toBe(3)
    expect(entry.deliveriesOnRelease).toBe(3)
  })

  it('counts no attempt for a try that an outage ended, nor leaves a delivery behind for it', () => {
    const { entry: untried } = new EntryHolding(new SlotPool(1), 9).hold(delivered('1-1', 2))
    const { entry: failedBefore } = new EntryHolding(new SlotPool(1), 9).hold(delivered('1-2', 1))
    failedBefore.beginAttempt()
    for (const entry of [untried, failedBefore]) {
      for (let n = 0; n < 7; n += 1) {
        expect(entry.beginAttempt()).toBe(2)
        entry.excuseAttempt()
      }
      expect(entry.deliveriesOnRelease).toBe(1)
      expect(entry.outages).toBe(7)
    }
  })
})

describe('entry ids', () => {
  it('are ordered as numbers', () => {
    const sorted = ['2-0', '2-10', '10-0', '10-2', '10-10', '11-1']
    expect(sorted.toReversed().sort(compareEntryIds)).toEqual(sorted)
  })
})
