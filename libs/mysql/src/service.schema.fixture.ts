import { randomUUID } from 'node:crypto'
import type { Envelope, ReceivedMessage, ServiceName } from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { Database } from './database.js'
import type { DatabaseOptions } from './database.options.js'
import { startMariadb, type TestServer } from './mariadb.fixture.js'
import { messagingTables } from './messaging.tables.js'
import { provisionDatabases } from './provisioning.js'
import { schemaName } from './schema.names.js'
import type { Transaction } from './transaction.js'

export const password = `o'ne\\"two${randomUUID()}`

/** A provisioned schema with inbox, outbox and a table `effects` (id, note), all empty. */
export async function createSchema(server: TestServer, service: ServiceName): Promise<void> {
  await server.query(`DROP DATABASE IF EXISTS ${schemaName(service)}`)
  await provisionDatabases({ ...server, services: [{ service, password }] })
  const tables = [
    ...messagingTables(),
    'CREATE TABLE effects (id INT PRIMARY KEY, note VARCHAR(100) NOT NULL)',
  ]
  for (const statement of tables) {
    await server.query(statement.replace('CREATE TABLE ', `CREATE TABLE ${schemaName(service)}.`))
  }
}

/** Remembers what was published; `failWith` makes it fail like a Redis that is away. */
export class RecordingPublisher {
  readonly published: Envelope[] = []
  failWith: Error | undefined

  publish(envelopes: readonly Envelope[]): Promise<void> {
    if (this.failWith) return Promise.reject(this.failWith)
    this.published.push(...envelopes)
    return Promise.resolve()
  }

  get ids(): string[] {
    return this.published.map(({ header }) => header.id)
  }
}

export function openDatabase(
  server: TestServer,
  service: ServiceName,
  more: Partial<DatabaseOptions> & Pick<DatabaseOptions, 'publisher'>,
): Promise<Database> {
  const { host, port } = server
  return Database.open({ service, host, port, password, entities: [], ...more })
}

/** A message as the transport hands it to a handler of `service`. */
export function receivedMessage(id: string = randomUUID(), replyto?: string): ReceivedMessage {
  return {
    header: {
      specversion: '1.0',
      id,
      type: 'task.run',
      source: '/services/task-scheduler',
      subject: '5a5cbe1f-3a2b-4f0e-9a43-0d7c5ad0a001',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      tenant: 'local',
      ...(replyto ? { replyto } : {}),
    },
    stamp: {
      verdict: 'allowed',
      at: new Date().toISOString(),
      router: 'router-1',
      policy: '1',
      heardOn: 'from:task-scheduler',
      deliveredTo: ['to:executor'],
    },
    entryId: '1-1',
    attempt: 1,
    signal: new AbortController().signal,
  }
}

/** A server and a schema for the whole file; before each test `each` gets them with empty tables and a new publisher. */
export function useSchema(each: (server: TestServer, publisher: RecordingPublisher) => void): void {
  let server: TestServer
  beforeAll(async () => {
    server = await startMariadb()
    await createSchema(server, 'executor')
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    for (const table of ['inbox', 'outbox', 'effects']) {
      await server.query(`DELETE FROM guildhall_executor.${table}`)
    }
    each(server, new RecordingPublisher())
  })
}

/** As `useSchema`, with an open Database for each test, closed after it. */
export function useDatabase(
  each: (server: TestServer, publisher: RecordingPublisher, database: Database) => void,
): void {
  const schema: [TestServer, RecordingPublisher][] = []
  useSchema((...made) => schema.splice(0, 1, made))
  beforeEach(async () => {
    const [server, publisher] = schema[0]!
    const database = await openDatabase(server, 'executor', { publisher })
    each(server, publisher, database)
    return () => database.close()
  })
}

export async function countRows(server: TestServer, table: string): Promise<number> {
  return Number((await server.query(`SELECT COUNT(*) AS n FROM guildhall_executor.${table}`))[0]?.['n'])
}

export function addEffect(tx: Transaction, id = 1, note = 'done'): Promise<unknown> {
  return tx.manager.query('INSERT INTO effects (id, note) VALUES (?, ?)', [id, note])
}

/** Waits until a claim holds. The server refreshes what it tells of its transactions only when nobody asked for 100 ms. */
export async function until(claim: () => Promise<boolean> | boolean): Promise<void> {
  await expect.poll(claim, { timeout: 10_000, interval: 150 }).toBe(true)
}
