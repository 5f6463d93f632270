import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { StateFixture } from './state.fixture.js'
import type { StateManager } from './state.manager.js'

let fixture: StateFixture
let state: StateManager

beforeAll(async () => {
  fixture = await StateFixture.start()
})
afterAll(() => fixture.stop())
beforeEach(async () => {
  await fixture.reset()
  state = fixture.open()
})

describe('StateManager, used by many at once and cut off anywhere,', () => {
  it('lets exactly one of many writers at the same version win', async () => {
    const version = await state.set('kept', 0, { persist: true })
    const win = async (expected: number, key: string) => {
      const writes = Array.from({ length: 12 }, (_, index) =>
        fixture.open().set(key, index, { ifVersion: expected }),
      )
      const outcomes = await Promise.allSettled(writes)
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await state.get(key)).toBe(winner)
    }
    await win(version, 'kept')
    await win(0, 'made-by-all')
  })

  it('counts right when many add to one number by its version', async () => {
    const add = async () => {
      for (;;) {
        const { value, version } = (await state.read('count')) ?? { value: 0, version: 0 }
        const done = await state
          .set('count', Number(value) + 1, { ifVersion: version })
          .catch(() => undefined)
        if (done) return
      }
    }
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        for (let i = 0; i < 5; i++) await add()
      }),
    )
    await fixture.flush()
    expect(await state.get('count')).toBe(25)
  })

  it(
    'agrees in both halves after any mixture of writes, flushes and reads',
    { timeout: 30_000 },
    async () => {
      const seed = Date.now() % 100_000
      let random = seed
      const next = (below: number) => (random = (random * 48_271 + 11) % 2_147_483_647) % below
      const acts = [
        (value: number) => state.set('k', value, { persist: true }),
        (value: number) => state.set('k', value),
        () => state.get('k'),
        () => fixture.flush(),
        () => state.delete('k'),
      ]
      for (let round = 0; round < 60; round++) {
        await Promise.all(
          Array.from({ length: 6 }, async (_, index) => acts[next(acts.length)]?.(round * 10 + index)),
        )
        const before = await state.get('k')
        const isPersisted = (await fixture.rows()).length > 0
        await fixture.flush()
        expect(await state.get('k'), `seed ${seed}, round ${round}`).toBe(isPersisted ? before : undefined)
      }
    },
  )

  it('leaves no old copy when the process dies between the commit and the copy', async () => {
    await state.set('kept', 'old', { persist: true })
    const set = fixture.hot.set
    fixture.hot.set = () => Promise.reject(new Error('died here'))
    await state.set('kept', 'new', { persist: true })
    fixture.hot.set = set
    expect(await fixture.open().get('kept')).toBe('new')
  })

  it('keeps the later value when a key is persisted between the look and the write of another', async () => {
    let isFirst = true
    const late = fixture.open('tenant:local', {
      hot: {
        ...fixture.hot,
        async set(key, value, ttlMs) {
          if (isFirst) {
            isFirst = false
            await state.set('key', 'earlier', { persist: true })
          }
          await fixture.hot.set(key, value, ttlMs)
        },
      },
    })
    await late.set('key', 'later')
    expect(await state.get('key')).toBe('later')
    await fixture.flush()
    expect(await state.get('key')).toBe('later')
  })

  it('never puts an older copy over a newer one', async () => {
    await state.set('kept', 'old', { persist: true })
    await fixture.flush()
    let go = () => {}
    let isCopying = false
    const gate = new Promise<void>((resolve) => (go = resolve))
    const slow = fixture.open('tenant:local', {
      hot: {
        ...fixture.hot,
        async set(key, value, ttlMs) {
          isCopying = true
          await gate
          await fixture.hot.set(key, value, ttlMs)
        },
      },
    })
    const reading = slow.get('kept')
    await expect.poll(() => isCopying).toBe(true)
    let isWritten = false
    const writing = state.set('kept', 'new', { persist: true }).then(() => (isWritten = true))
    // The server refreshes what it tells of its transactions only when nobody asked for 100 ms.
    const isWaiting = async () =>
      (
        await fixture.server.query(
          "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
        )
      ).length > 0
    await expect
      .poll(async () => isWritten || (await isWaiting()), { interval: 150, timeout: 5_000 })
      .toBe(true)
    go()
    await Promise.all([reading, writing])
    expect(await state.get('kept')).toBe('new')
  })

  it('changes nothing when Redis is away', async () => {
    await state.set('kept', 'old', { persist: true })
    const working = fixture.hot.delete
    fixture.hot.delete = () => Promise.reject(new Error('Redis is away'))
    await expect(state.set('kept', 'new', { persist: true })).rejects.toThrow('Redis is away')
    await expect(state.delete('kept')).rejects.toThrow('Redis is away')
    fixture.hot.delete = working
    await fixture.flush()
    expect(await state.get('kept')).toBe('old')
  })
})
