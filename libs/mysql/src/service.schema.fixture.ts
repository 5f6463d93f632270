import { randomUUID } from 'node:crypto'
import type { Envelope, ReceivedMessage, ServiceName } from '@guildhall/contracts'
import { Database } from './database.js'
import type { DatabaseOptions } from './database.options.js'
import type { TestServer } from './mariadb.fixture.js'
import { messagingTables } from './messaging.tables.js'
import { provisionDatabases } from './provisioning.js'
import { schemaName } from './schema.names.js'

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
