import { OutageError } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import type { TestServer } from './mariadb.fixture.js'
import { openDatabase, password, type RecordingPublisher, useSchema } from './service.schema.fixture.js'

describe('a password that changes', () => {
  let server: TestServer
  let publisher: RecordingPublisher

  useSchema((...made) => ([server, publisher] = made))

  it('is asked anew for each connection; to be refused is an outage', async () => {
    let current = () => password
    const database = await openDatabase(server, 'executor', { publisher, password: () => current() })
    const read = () => database.manager.query<{ id: number }[]>('SELECT CONNECTION_ID() AS id')
    const endConnections = async () => {
      const rows = await server.query(
        "SELECT id FROM information_schema.processlist WHERE user = 'guildhall_executor'",
      )
      for (const row of rows) await server.query(`KILL ${Number(row['id'])}`)
    }
    await server.query("ALTER USER 'guildhall_executor'@'%' IDENTIFIED BY 'the next'")
    expect(await read()).toHaveLength(1)
    await endConnections()
    await expect.poll(() => read().catch((error: unknown) => String(error))).toMatch(/Access denied/)
    await expect(read()).rejects.toThrow(OutageError)

    current = () => {
      throw new Error('no such file')
    }
    await expect(read()).rejects.toThrow(OutageError)
    current = () => 'the next'
    expect(await read()).toHaveLength(1)
    await database.close()
  })
})
