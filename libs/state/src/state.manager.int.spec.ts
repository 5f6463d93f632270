import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database } from '@guildhall/mysql'
import { HotStore } from '@guildhall/redis-streams'
import { TestDatabase } from '@guildhall/testing'
import { TestRedis } from './redis.fixture.js'
import { type HotStrings, StateManager } from './state.manager.js'

describe('StateManager', () => {
  let server: TestDatabase
  let redis: TestRedis
  let store: HotStore
  let hot: HotStrings
  let database: Database
  let state: StateManager

  beforeAll(async () => {
    ;[server, redis] = await Promise.all([TestDatabase.start('executor'), TestRedis.start()])
    store = new HotStore({ connection: redis.connection, service: 'executor' })
    const { host, port, password } = server
    const publisher = { publish: () => Promise.resolve() }
    database = await Database.open({ service: 'executor', host, port, password, entities: [], publisher })
  })
  afterAll(async () => {
    await database.close()
    await store.close()
    await Promise.all([server.stop(), redis.stop()])
  })
  beforeEach(async () => {
    await Promise.all([flush(), server.query('DELETE FROM guildhall_executor.state_entries')])
    hot = {
      get: (key) => store.get(key),
      set: (key, value, ttlMs) => store.set(key, value, ttlMs),
      delete: (key) => store.delete(key),
    }
    state = open()
  })

  const open = (space = 'tenant:local', more: { hotCopyMs?: number; hot?: HotStrings } = {}) =>
    new StateManager({ space, hot, database, ...more })
  const flush = () => redis.client.flushall()
  const hotKeys = () => redis.client.dbsize()
  const rows = () => server.query('SELECT * FROM guildhall_executor.state_entries')

  it.each([{ deep: [1, { a: 'ü' }] }, null, 0, '', false, 'text', []])(
    'gives back %j as it was set',
    async (value) => {
      await state.set('hot', value)
      await state.set('kept', value, { persist: true })
      await expect(state.get('hot')).resolves.toEqual(value)
      await flush()
      await expect(state.get('kept')).resolves.toEqual(value)
    },
  )

  it('knows nothing of a key that was never set', async () => {
    expect(await state.get('nothing')).toBeUndefined()
    await state.delete('nothing')
  })

  it('loses with Redis what was not persisted, and nothing else', async () => {
    await state.set('hot', 1)
    await state.set('kept', 2, { persist: true })
    await flush()
    expect([await state.get('hot'), await state.get('kept')]).toEqual([undefined, 2])
  })

  it('fills Redis again from MySQL', async () => {
    await state.set('kept', 2, { persist: true })
    await flush()
    await state.get('kept')
    await server.query('DELETE FROM guildhall_executor.state_entries')
    expect(await state.get('kept')).toBe(2)
  })

  it('writes an unpersisted value to Redis only', async () => {
    expect(await state.set('hot', 1)).toBe(0)
    expect(await rows()).toEqual([])
  })

  it('never brings back an older persisted value after a later set without persist', async () => {
    await state.set('kept', 'old', { persist: true })
    await state.set('kept', 'new')
    await flush()
    expect(await state.get('kept')).toBe('new')
    await flush()
    await state.set('kept', 'newest')
    await flush()
    expect(await state.get('kept')).toBe('newest')
  })

  it('makes a hot key persistent when it is set with persist', async () => {
    await state.set('key', 1)
    await state.set('key', 2, { persist: true })
    await flush()
    expect(await state.get('key')).toBe(2)
  })

  it('forgets both halves at the end of the time to live', async () => {
    await state.set('hot', 1, { ttlMs: 60 })
    await state.set('kept', 2, { ttlMs: 60, persist: true })
    expect([await state.get('hot'), await state.get('kept')]).toEqual([1, 2])
    await expect.poll(() => hotKeys()).toBe(0)
    expect([await state.get('hot'), await state.get('kept')]).toEqual([undefined, undefined])
    expect(await rows()).toHaveLength(1)
    await open().set('other', 1, { persist: true })
    expect(await rows()).toHaveLength(1)
  })

  it('drops the time to live when it is set again without one', async () => {
    await state.set('kept', 1, { ttlMs: 50, persist: true })
    await state.set('kept', 2)
    expect((await rows())[0]?.['expires_at']).toBeNull()
  })

  it('deletes both halves', async () => {
    await state.set('kept', 1, { persist: true })
    await state.delete('kept')
    expect(await state.get('kept')).toBeUndefined()
    expect([await rows(), await hotKeys()]).toEqual([[], 0])
  })

  it('gives each write of a persisted key a higher version, after a deletion and a flush too', async () => {
    const versions = [await state.set('kept', 1, { persist: true }), await state.set('kept', 2)]
    await flush()
    versions.push(await state.set('kept', 3))
    await state.delete('kept')
    versions.push(await state.set('kept', 4, { persist: true }))
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(await state.read('kept')).toEqual({ value: 4, version: versions.at(-1) })
  })

  it('writes only at the expected version', async () => {
    const first = await state.set('kept', 1, { ifVersion: 0 })
    await expect(state.set('kept', 2, { ifVersion: 0 })).rejects.toMatchObject({ code: 'version-conflict' })
    const second = await state.set('kept', 2, { ifVersion: first })
    await expect(state.set('kept', 3, { ifVersion: first })).rejects.toMatchObject({
      code: 'version-conflict',
    })
    expect(await state.read('kept')).toEqual({ value: 2, version: second })
  })

  it('lets exactly one of many writers at the same version win', async () => {
    const version = await state.set('kept', 0, { persist: true })
    const win = async (expected: number, key: string) => {
      const writes = Array.from({ length: 12 }, (_, index) => open().set(key, index, { ifVersion: expected }))
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
    await flush()
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
        () => flush(),
        () => state.delete('k'),
      ]
      for (let round = 0; round < 60; round++) {
        await Promise.all(
          Array.from({ length: 6 }, async (_, index) => acts[next(acts.length)]?.(round * 10 + index)),
        )
        const before = await state.get('k')
        const isPersisted = (await rows()).length > 0
        await flush()
        expect(await state.get('k'), `seed ${seed}, round ${round}`).toBe(isPersisted ? before : undefined)
      }
    },
  )

  it('leaves no old copy when the process dies between the commit and the copy', async () => {
    await state.set('kept', 'old', { persist: true })
    const set = hot.set
    hot.set = () => Promise.reject(new Error('died here'))
    await state.set('kept', 'new', { persist: true })
    hot.set = set
    expect(await open().get('kept')).toBe('new')
  })

  it('keeps the later value when a key is persisted between the look and the write of another', async () => {
    let isFirst = true
    const late = open('tenant:local', {
      hot: {
        ...hot,
        async set(key, value, ttlMs) {
          if (isFirst) {
            isFirst = false
            await state.set('key', 'earlier', { persist: true })
          }
          await hot.set(key, value, ttlMs)
        },
      },
    })
    await late.set('key', 'later')
    expect(await state.get('key')).toBe('later')
    await flush()
    expect(await state.get('key')).toBe('later')
  })

  it('never puts an older copy over a newer one', async () => {
    await state.set('kept', 'old', { persist: true })
    await flush()
    let go = () => {}
    let isCopying = false
    const gate = new Promise<void>((resolve) => (go = resolve))
    const slow = open('tenant:local', {
      hot: {
        ...hot,
        async set(key, value, ttlMs) {
          isCopying = true
          await gate
          await hot.set(key, value, ttlMs)
        },
      },
    })
    const reading = slow.get('kept')
    await expect.poll(() => isCopying).toBe(true)
    let isWritten = false
    const writing = state.set('kept', 'new', { persist: true }).then(() => (isWritten = true))
    // The server refreshes what it tells of its transactions only when nobody asked for 100 ms.
    const isWaiting = async () =>
      (await server.query("SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"))
        .length > 0
    await expect
      .poll(async () => isWritten || (await isWaiting()), { interval: 150, timeout: 5_000 })
      .toBe(true)
    go()
    await Promise.all([reading, writing])
    expect(await state.get('kept')).toBe('new')
  })

  it('changes nothing when Redis is away', async () => {
    await state.set('kept', 'old', { persist: true })
    const working = hot.delete
    hot.delete = () => Promise.reject(new Error('Redis is away'))
    await expect(state.set('kept', 'new', { persist: true })).rejects.toThrow('Redis is away')
    await expect(state.delete('kept')).rejects.toThrow('Redis is away')
    hot.delete = working
    await flush()
    expect(await state.get('kept')).toBe('old')
  })

  it('reads a copy again from MySQL after its time', async () => {
    const short = open('tenant:local', { hotCopyMs: 30 })
    await short.set('kept', 1, { persist: true })
    await expect.poll(() => hotKeys()).toBe(0)
    expect(await short.get('kept')).toBe(1)
  })

  it('keeps key spaces, case, accents and trailing spaces apart', async () => {
    const other = open('tenant:other')
    for (const options of [{}, { persist: true }]) {
      for (const [index, key] of ['key', 'Key', 'kéy', 'key '].entries()) {
        await state.set(key, `local ${index}`, options)
        await other.set(key, `other ${index}`, options)
      }
      if (options.persist) await flush()
      for (const [index, key] of ['key', 'Key', 'kéy', 'key '].entries()) {
        expect([await state.get(key), await other.get(key)]).toEqual([`local ${index}`, `other ${index}`])
      }
    }
  })

  it('takes keys of 512 characters of any script', async () => {
    const key = '鍵'.repeat(512)
    await state.set(key, 1, { persist: true })
    await flush()
    expect(await state.get(key)).toBe(1)
  })

  it('refuses to work inside a transaction of its own Database', async () => {
    await expect(database.transact(() => state.get('key'))).rejects.toThrow(
      'StateManager inside a transaction',
    )
  })
})
