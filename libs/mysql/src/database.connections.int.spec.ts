import { describe, expect, it } from 'vitest'
import type { Database } from './database.js'
import type { TestServer } from './mariadb.fixture.js'
import { DatabaseUnavailableError } from './server.errors.js'
import {
  addEffect,
  countRows,
  openDatabase,
  password,
  type RecordingPublisher,
  useDatabase,
} from './service.schema.fixture.js'

describe('the connections of a Database', () => {
  let server: TestServer
  let database: Database
  let publisher: RecordingPublisher

  useDatabase((...made) => ([server, publisher, database] = made))

  const count = (table: string) => countRows(server, table)
  it('gives every connection strict mode, UTC and READ COMMITTED', async () => {
    const sessions = await Promise.all(
      Array.from({ length: 10 }, () =>
        database.transact(async (tx) =>
          tx.manager.query(
            'SELECT CONNECTION_ID() AS id, @@sql_mode AS mode, @@time_zone AS zone, @@tx_isolation AS iso, SLEEP(0.1)',
          ),
        ),
      ),
    )
    const rows = sessions.flat() as { id: number; mode: string; zone: string; iso: string }[]
    expect(new Set(rows.map(({ id }) => id)).size).toBe(10)
    for (const { mode, zone, iso } of rows) {
      expect(mode).toContain('STRICT_TRANS_TABLES')
      expect([zone, iso]).toEqual(['+00:00', 'READ-COMMITTED'])
    }
  })

  it('gives every connection back, whatever became of the work', async () => {
    for (let round = 0; round < 30; round++) {
      await database
        .transact(async (tx) => {
          if (round % 3 === 0) throw new Error('no')
          if (round % 3 === 1) await tx.manager.query('SELECT nonsense')
        })
        .catch(() => undefined)
    }
    const used = await server.query(
      "SELECT ID FROM information_schema.processlist WHERE USER = 'guildhall_executor'",
    )
    expect(used.length).toBeLessThanOrEqual(2)
  })

  it('goes on after the server has ended its connections', async () => {
    await database.transact(async (tx) => addEffect(tx, 1))
    const ids = await server.query(
      "SELECT ID FROM information_schema.processlist WHERE USER = 'guildhall_executor'",
    )
    const cut = database.transact(async (tx) => {
      await addEffect(tx, 2)
      for (const row of ids) await server.query(`KILL ${Number(row['ID'])}`)
      await addEffect(tx, 3)
    })
    await expect(cut).rejects.toThrow()
    await database.transact(async (tx) => addEffect(tx, 4))
    expect(await count('effects')).toBe(2)
  })

  it('says what to check when it cannot be opened, and never the password', async () => {
    const open = (more: object) =>
      openDatabase(server, 'executor', { publisher, openTimeoutMs: 300, ...more }).then(
        () => expect.fail('opened'),
        (error: unknown) => error as DatabaseUnavailableError,
      )
    const refused = await open({ port: 1 })
    expect(refused).toBeInstanceOf(DatabaseUnavailableError)
    expect(refused.message).toMatch(
      /guildhall_executor at 127\.0\.0\.1:1 .*start it, or correct host and port/,
    )
    const denied = await open({ password: 'wrong-secret' })
    expect(denied.message).toMatch(/user or password is wrong/)
    expect(JSON.stringify(denied) + String(denied.stack)).not.toContain('wrong-secret')
    await server.query('RENAME TABLE guildhall_executor.inbox TO guildhall_executor.elsewhere')
    const unmigrated = await open({ password })
    await server.query('RENAME TABLE guildhall_executor.elsewhere TO guildhall_executor.inbox')
    expect(unmigrated.message).toMatch(/run the migrations/)
  })

  it('waits for a server that comes later', async () => {
    await server.query('RENAME TABLE guildhall_executor.inbox TO guildhall_executor.elsewhere')
    const opening = openDatabase(server, 'executor', { publisher, openTimeoutMs: 10_000 })
    await server.query('RENAME TABLE guildhall_executor.elsewhere TO guildhall_executor.inbox')
    await (await opening).close()
  })
})
