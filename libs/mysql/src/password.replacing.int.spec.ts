import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Database } from './database.js'
import type { TestServer } from './mariadb.fixture.js'
import { replacePassword } from './password.replacing.js'
import {
  addEffect,
  countRows,
  openDatabase,
  password as first,
  type RecordingPublisher,
  until,
  useSchema,
} from './service.schema.fixture.js'

describe('replacePassword', () => {
  let server: TestServer
  let publisher: RecordingPublisher
  let current = first

  useSchema((...made) => ([server, publisher] = made))

  const open = () => openDatabase(server, 'executor', { publisher, password: () => current })
  const replace = (drainMs: number) => {
    current = `it's\\ "new" ${randomUUID()}`
    const admin = { host: server.host, port: server.port, adminUser: server.adminUser, adminPassword: '' }
    return replacePassword({ ...admin, service: 'executor', password: current, drainMs })
  }
  /** A transaction that waits after its first change until it may go on. */
  const begin = async (database: Database) => {
    const goOn = Promise.withResolvers<void>()
    const hasBegun = Promise.withResolvers<void>()
    const outcome = database
      .transact(async (tx) => {
        await addEffect(tx, 1)
        hasBegun.resolve()
        await goOn.promise
        await addEffect(tx, 2)
      })
      .then(
        () => 'committed',
        (error: Error) => error.name,
      )
    await hasBegun.promise
    return { goOn: goOn.resolve, outcome }
  }

  it('lets transactions end, closes what is idle, and leaves none that knew the old password', async () => {
    const database = await open()
    const { goOn, outcome } = await begin(database)
    await Promise.all([1, 2, 3].map(() => database.manager.query('SELECT SLEEP(0.05)')))
    let isReplaced = false
    const replacing = replace(20_000).then(() => (isReplaced = true))
    const connections = async () =>
      (await server.query("SELECT 1 FROM information_schema.processlist WHERE user = 'guildhall_executor'"))
        .length
    await until(async () => (await connections()) === 1)
    expect(await database.manager.query('SELECT 1')).toHaveLength(1)
    expect(isReplaced).toBe(false)
    goOn()
    expect(await outcome).toBe('committed')
    await replacing
    expect(await countRows(server, 'effects')).toBe(2)
    await database.close()
  })

  it('cuts a transaction that does not end in time, as an outage', async () => {
    const database = await open()
    const { goOn, outcome } = await begin(database)
    await replace(100)
    goOn()
    expect(await outcome).toBe('OutageError')
    expect(await countRows(server, 'effects')).toBe(0)
    await database.close()
  })

  it('tells what the server says, and never the password', async () => {
    const wrong = { host: server.host, port: server.port, adminUser: 'nobody', adminPassword: 'a secret' }
    const replacing = replacePassword({ ...wrong, service: 'executor', password: 'another secret' })
    const error = await replacing.then(
      () => expect.fail('replaced'),
      (thrown: Error) => thrown,
    )
    expect(error.message).toContain('Access denied')
    expect(`${error.message} ${error.stack}`).not.toMatch(/a secret|another secret/)
  })
})
