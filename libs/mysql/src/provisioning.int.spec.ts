import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMariadb, type TestServer } from './mariadb.fixture.js'
import { provisionDatabases, ProvisioningError } from './provisioning.js'

const services = [
  { service: 'executor', password: 'it\'s \\ a "secret" `one`' },
  { service: 'task-scheduler', password: 'another-secret' },
]

describe('provisionDatabases', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startMariadb()
    await provisionDatabases({ ...server, services })
    await server.query('CREATE TABLE guildhall_executor.things (id INT PRIMARY KEY)')
    await server.query('CREATE TABLE guildhall_task_scheduler.things (id INT PRIMARY KEY)')
  })
  afterAll(() => server.stop())

  const as = async (index: number, sql: string, password = services[index]?.password) => {
    const user = `guildhall_${services[index]?.service.replace('-', '_')}`
    const connection = await createConnection({
      host: server.host,
      port: server.port,
      user,
      password: password ?? '',
    })
    try {
      const [rows] = await connection.query(sql)
      return rows
    } finally {
      await connection.end()
    }
  }

  it('lets a service read and write rows of its own schema', async () => {
    await as(0, 'INSERT INTO guildhall_executor.things VALUES (1)')
    await as(0, 'UPDATE guildhall_executor.things SET id = 2')
    expect(await as(0, 'SELECT id FROM guildhall_executor.things')).toEqual([{ id: 2 }])
    await as(0, 'DELETE FROM guildhall_executor.things')
  })

  it.each([
    ['read another schema', 'SELECT * FROM guildhall_task_scheduler.things'],
    ['write another schema', 'INSERT INTO guildhall_task_scheduler.things VALUES (1)'],
    ['create tables', 'CREATE TABLE guildhall_executor.more (id INT)'],
    ['drop tables', 'DROP TABLE guildhall_executor.things'],
    ['change tables', 'ALTER TABLE guildhall_executor.things ADD COLUMN x INT'],
    ['read the accounts', 'SELECT * FROM mysql.user'],
    ['create schemas', 'CREATE DATABASE guildhallXexecutor'],
    ['read files', "SELECT * FROM guildhall_executor.things INTO OUTFILE '/tmp/never'"],
  ])('does not let a service %s', async (_, sql) => {
    await expect(as(0, sql)).rejects.toThrow(/denied/)
  })

  it('does not take the underscore of a schema name for a wildcard', async () => {
    await server.query('CREATE DATABASE guildhallXexecutor')
    await server.query('CREATE TABLE guildhallXexecutor.things (id INT)')
    await expect(as(0, 'SELECT * FROM guildhallXexecutor.things')).rejects.toThrow(/denied/)
  })

  it('does nothing as the admin when all is right', async () => {
    await provisionDatabases({ ...server, adminUser: 'nobody', openTimeoutMs: 1, services })
  })

  it('replaces a password and keeps the rows', async () => {
    await as(1, 'INSERT INTO guildhall_task_scheduler.things VALUES (7)')
    const password = 'a-new-one'
    await provisionDatabases({ ...server, services: [{ service: 'task-scheduler', password }] })
    await expect(as(1, 'SELECT 1')).rejects.toThrow(/denied/)
    expect(await as(1, 'SELECT id FROM guildhall_task_scheduler.things', password)).toEqual([{ id: 7 }])
    await provisionDatabases({ ...server, services })
  })

  it('takes surplus rights away', async () => {
    await server.query("GRANT ALL PRIVILEGES ON *.* TO 'guildhall_executor'@'%' WITH GRANT OPTION")
    await provisionDatabases({ ...server, services })
    await expect(as(0, 'SELECT * FROM guildhall_task_scheduler.things')).rejects.toThrow(/denied/)
    expect(await as(0, 'SELECT * FROM guildhall_executor.things')).toEqual([])
  })

  it('refuses names that are no service, and empty passwords', async () => {
    for (const service of ['a`; DROP DATABASE mysql', 'Audit', '', '-a', 'a'.repeat(40)]) {
      await expect(provisionDatabases({ ...server, services: [{ service, password: 'x' }] })).rejects.toThrow(
        /is no service name/,
      )
    }
    await expect(
      provisionDatabases({ ...server, services: [{ service: 'audit', password: '' }] }),
    ).rejects.toThrow('is empty')
  })

  it('fails without a word of the password', async () => {
    const failure = await provisionDatabases({
      ...server,
      adminUser: 'guildhall_executor',
      adminPassword: services[0]?.password,
      services: [{ service: 'audit', password: 'never-to-be-seen' }],
    }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ProvisioningError)
    expect((failure as Error).message).toMatch(/^Schema and user of audit could not be made/)
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('never-to-be-seen')
  })
})
