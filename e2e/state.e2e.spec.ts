import { StateDelete, StateDeleted, StateFound, StateGet, StateSet, StateStored } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningStack } from './running.stack.js'

let guildhall: RunningStack

beforeAll(async () => {
  guildhall = await RunningStack.start()
})
afterAll(() => guildhall.stop())

const get = async (key: string) => (await guildhall.client.request(StateGet, { key }, StateFound)).value
const set = (value: StateSet) => guildhall.client.request(StateSet, value, StateStored)

describe('the state', () => {
  it('is read again from MySQL when Redis lost it, if it was persisted', async () => {
    await set({ key: 'kept', value: { a: [1, 'two', null] }, persist: true })
    await set({ key: 'hot', value: 'only in Redis' })
    expect(await get('hot')).toMatchObject({ found: true, value: 'only in Redis' })
    const admin = guildhall.redis('admin')
    const keys = await admin.keys('gh:{main}:state:*')
    expect(keys.length).toBeGreaterThan(0)
    await admin.del(...keys)
    admin.disconnect()
    expect(await get('kept')).toMatchObject({ found: true, value: { a: [1, 'two', null] } })
    expect(await get('hot')).toMatchObject({ found: false })
  })

  it('is gone from both after a delete', async () => {
    await set({ key: 'short', value: 1, persist: true })
    await guildhall.client.request(StateDelete, { key: 'short' }, StateDeleted)
    expect(await get('short')).toMatchObject({ found: false })
  })
})
