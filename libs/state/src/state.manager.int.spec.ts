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

describe('StateManager', () => {
  it.each([{ deep: [1, { a: 'ü' }] }, null, 0, '', false, 'text', []])(
    'gives back %j as it was set',
    async (value) => {
      await state.set('hot', value)
      await state.set('kept', value, { persist: true })
      await expect(state.get('hot')).resolves.toEqual(value)
      await fixture.flush()
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
    await fixture.flush()
    expect([await state.get('hot'), await state.get('kept')]).toEqual([undefined, 2])
  })

  it('fills Redis again from MySQL', async () => {
    await state.set('kept', 2, { persist: true })
    await fixture.flush()
    await state.get('kept')
    await fixture.server.query('DELETE FROM state_entries')
    expect(await state.get('kept')).toBe(2)
  })

  it('writes an unpersisted value to Redis only', async () => {
    expect(await state.set('hot', 1)).toBe(0)
    expect(await fixture.rows()).toEqual([])
  })

  it('never brings back an older persisted value after a later set without persist', async () => {
    await state.set('kept', 'old', { persist: true })
    await state.set('kept', 'new')
    await fixture.flush()
    expect(await state.get('kept')).toBe('new')
    await fixture.flush()
    await state.set('kept', 'newest')
    await fixture.flush()
    expect(await state.get('kept')).toBe('newest')
  })

  it('makes a hot key persistent when it is set with persist', async () => {
    await state.set('key', 1)
    await state.set('key', 2, { persist: true })
    await fixture.flush()
    expect(await state.get('key')).toBe(2)
  })

  it('forgets both halves at the end of the time to live', async () => {
    await state.set('hot', 1, { ttlMs: 60 })
    await state.set('kept', 2, { ttlMs: 60, persist: true })
    expect([await state.get('hot'), await state.get('kept')]).toEqual([1, 2])
    await expect.poll(() => fixture.hotKeys()).toBe(0)
    expect([await state.get('hot'), await state.get('kept')]).toEqual([undefined, undefined])
    expect(await fixture.rows()).toHaveLength(1)
    await fixture.open().set('other', 1, { persist: true })
    expect(await fixture.rows()).toHaveLength(1)
  })

  it('drops the time to live when it is set again without one', async () => {
    await state.set('kept', 1, { ttlMs: 50, persist: true })
    await state.set('kept', 2)
    expect((await fixture.rows())[0]?.['expires_at']).toBeNull()
  })

  it('deletes both halves', async () => {
    await state.set('kept', 1, { persist: true })
    await state.delete('kept')
    expect(await state.get('kept')).toBeUndefined()
    expect([await fixture.rows(), await fixture.hotKeys()]).toEqual([[], 0])
  })

  it('gives each write of a persisted key a higher version, after a deletion and a flush too', async () => {
    const versions = [await state.set('kept', 1, { persist: true }), await state.set('kept', 2)]
    await fixture.flush()
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

  it('reads a copy again from MySQL after its time', async () => {
    const short = fixture.open('tenant:local', { hotCopyMs: 30 })
    await short.set('kept', 1, { persist: true })
    await expect.poll(() => fixture.hotKeys()).toBe(0)
    expect(await short.get('kept')).toBe(1)
  })

  it('keeps key spaces, case, accents and trailing spaces apart', async () => {
    const other = fixture.open('tenant:other')
    for (const options of [{}, { persist: true }]) {
      for (const [index, key] of ['key', 'Key', 'kéy', 'key '].entries()) {
        await state.set(key, `local ${index}`, options)
        await other.set(key, `other ${index}`, options)
      }
      if (options.persist) await fixture.flush()
      for (const [index, key] of ['key', 'Key', 'kéy', 'key '].entries()) {
        expect([await state.get(key), await other.get(key)]).toEqual([`local ${index}`, `other ${index}`])
      }
    }
  })

  it('takes keys of 512 characters of any script', async () => {
    const key = '鍵'.repeat(512)
    await state.set(key, 1, { persist: true })
    await fixture.flush()
    expect(await state.get(key)).toBe(1)
  })

  it('refuses to work inside a transaction of its own Database', async () => {
    await expect(fixture.database.transact(() => state.get('key'))).rejects.toThrow(
      'StateManager inside a transaction',
    )
  })
})
