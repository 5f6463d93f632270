import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { OutageError } from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database } from './database.js'
import { startMariadb, type TestServer } from './mariadb.fixture.js'
import { createSchema, openDatabase, receivedMessage, RecordingPublisher } from './service.schema.fixture.js'
import type { Transaction } from './transaction.js'

const count = async (database: Database) =>
  Number((await database.manager.query<{ n: unknown }[]>('SELECT COUNT(*) AS n FROM effects'))[0]?.n)
const connectionsOf = async (server: TestServer, user: string) => {
  const sql = 'SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = ?'
  return Number((await server.query(sql, [user]))[0]?.['n'])
}
const secret = 'a secret of the message'
const addEffect = ({ manager }: Transaction, id: number) =>
  manager.query('INSERT INTO effects (id, note) VALUES (?, ?)', [id, secret])
const addEffectLast = async (tx: Transaction, id: number) =>
  tx.insertLast({ into: 'INSERT INTO effects (id, note)', row: '(?, ?)' }, [[id, secret]])

/** What a promise is rejected with. */
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it went through'),
    (error: unknown) => error as Error,
  )

describe('a Database whose server goes away', () => {
  let server: TestServer
  let database: Database

  beforeAll(async () => {
    server = await startMariadb()
    await createSchema(server, 'executor')
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    database = await openDatabase(server, 'executor', { publisher: new RecordingPublisher() })
    await database.manager.query('DELETE FROM effects')
    return () => database.close()
  })

  it.each([
    ['SIGKILL', addEffect],
    ['SIGTERM', addEffectLast],
  ] as const)(
    'by %s says so, in reads as in transactions, and works again when it is back',
    async (signal, add) => {
      const message = receivedMessage(randomUUID())
      const isAtWork = Promise.withResolvers<void>()
      const underWay = database.handleOnce(message, async (tx) => {
        await addEffect(tx, 1)
        isAtWork.resolve()
        await tx.manager.query('SELECT SLEEP(30) FROM effects')
        await addEffect(tx, 2)
      })
      const cutOff = failureOf(underWay)
      await isAtWork.promise
      await server.goAway(signal)
      const attempts = Array.from({ length: 30 }, (_, n) =>
        failureOf(n % 2 === 0 ? count(database) : database.transact((tx) => add(tx, 3))),
      )
      const failures = [await cutOff, ...(await Promise.all(attempts))]
      await server.comeBack()
      for (const error of failures) {
        expect(error).toBeInstanceOf(OutageError)
        expect(error.message).toMatch(/^MySQL is away: ./)
        expect(inspect(error, { depth: 9 })).not.toContain(secret)
      }
      expect(await count(database)).toBe(0)
      expect(await database.handleOnce(message, (tx) => addEffect(tx, 1).then(() => undefined))).toBe(true)
      expect(await count(database)).toBe(1)
    },
  )

  it('calls it an outage when its connection is ended, when there is no place for it, and when nothing may be written', async () => {
    const killed = failureOf(
      database.transact(async ({ manager }) => {
        const [row] = await manager.query<{ id: number }[]>('SELECT CONNECTION_ID() AS id')
        await server.query(`KILL ${Number(row?.id)}`)
        await manager.query('SELECT 1')
      }),
    )
    expect(await killed).toBeInstanceOf(OutageError)
    // The server counts the ended connection until its thread is gone.
    await expect.poll(() => connectionsOf(server, 'guildhall_executor')).toBe(0)

    await server.query("ALTER USER 'guildhall_executor'@'%' WITH MAX_USER_CONNECTIONS 1")
    const both = await Promise.allSettled([1, 2].map(() => database.manager.query('SELECT SLEEP(0.3)')))
    await server.query("ALTER USER 'guildhall_executor'@'%' WITH MAX_USER_CONNECTIONS 0")
    // Either of them may have been the first to connect.
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(both).toContainEqual({ status: 'rejected', reason: expect.any(OutageError) as unknown })

    await server.query('SET GLOBAL read_only = ON')
    const unwritten = await failureOf(database.transact((tx) => addEffect(tx, 1)))
    await server.query('SET GLOBAL read_only = OFF')
    expect(unwritten).toBeInstanceOf(OutageError)
    await database.transact((tx) => addEffect(tx, 1))
  })

  it('leaves faults of a statement what they are, without its values', async () => {
    await database.transact((tx) => addEffect(tx, 1))
    for (const add of [addEffect, addEffectLast]) {
      const twice = await failureOf(database.transact((tx) => add(tx, 1)))
      expect(twice).toMatchObject({ name: 'QueryFailedError', code: 'ER_DUP_ENTRY' })
      expect(inspect(twice, { depth: 9 })).not.toContain(secret)
    }
  })
})
