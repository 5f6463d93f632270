import { newId } from '@guildhall/contracts'
import { schemaName, userName } from '@guildhall/mysql'
import { createConnection } from 'mysql2/promise'
import { clockMs, inLanes } from '../clock.js'
import { runSucceeded } from '../payloads.js'
import type { Answered, RequestOrder } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { batchSize, type EffectsSettings, stateRows, stateUpsert } from './effect.rows.js'

const inboxInsert = `INSERT INTO inbox (message_id, type, handled_at) VALUES ${places('(?, ?, UTC_TIMESTAMP(3))')}`
const outboxInsert = `INSERT INTO outbox (id, header, data, created_at) VALUES ${places('(?, ?, ?, UTC_TIMESTAMP(3))')}`

interface IncomingMessage {
  id: string
  type: string
  subject: string
}

/** The same rows in the same tables by plain mysql2: three statements between BEGIN and COMMIT, and nothing else. */
await serveRole<EffectsSettings>(async ({ mariadb }) => {
  const connections = await Promise.all(Array.from({ length: 10 }, () => connect(mariadb)))
  return {
    async run({ messages, lanes }: RequestOrder): Promise<Answered> {
      const batches = Array.from({ length: messages / batchSize }, () =>
        Array.from({ length: batchSize }, () => ({ id: newId(), type: 'task.run', subject: newId() })),
      )
      const latenciesMs: number[] = []
      const free = connections.slice(0, lanes)
      const from = clockMs()
      await inLanes(batches.length, lanes, async (index) => {
        const begunAt = clockMs()
        const connection = free.pop()
        if (!connection) throw new Error('more lanes than connections')
        const incoming = batches[index] ?? []
        await connection.query('START TRANSACTION')
        await connection.query(
          inboxInsert,
          incoming.flatMap(({ id, type }) => [id, type]),
        )
        await connection.query(stateUpsert(batchSize), stateRows('bench raw', index, batchSize))
        await connection.query(outboxInsert, incoming.flatMap(outgoing))
        await connection.query('COMMIT')
        free.push(connection)
        latenciesMs.push(clockMs() - begunAt)
      })
      return { tookMs: clockMs() - from, latenciesMs }
    },
    async close() {
      await Promise.all(connections.map((connection) => connection.end()))
    },
  }
})

async function connect(mariadb: EffectsSettings['mariadb']) {
  const connection = await createConnection({
    ...mariadb,
    user: userName('executor'),
    database: schemaName('executor'),
    charset: 'utf8mb4_unicode_520_ci',
  })
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  return connection
}

/** Id, header and payload of what is said about a message; as much as the product says. */
function outgoing({ id: causationid, subject }: IncomingMessage): string[] {
  const id = newId()
  const header = JSON.stringify({
    specversion: '1.0',
    id,
    type: 'run.succeeded',
    source: '/services/executor',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenant: 'local',
    subject,
    causationid,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  })
  return [id, header, JSON.stringify(runSucceeded())]
}

function places(row: string): string {
  return Array(batchSize).fill(row).join(', ')
}
