import { randomUUID } from 'node:crypto'
import { type ReceivedMessage, RunStarted } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import type { Database } from './database.js'
import type { TestServer } from './mariadb.fixture.js'
import {
  countRows,
  openDatabase,
  receivedMessage,
  type RecordingPublisher,
  useDatabase,
} from './service.schema.fixture.js'
import type { Transaction } from './transaction.js'

const messages = (count: number) => Array.from({ length: count }, () => receivedMessage())
const idsOf = (some: readonly ReceivedMessage[]) => some.map(({ header }) => header.id)

let effects = 0

/** An effect for each message, and a message said about it. */
async function work(tx: Transaction, fresh: readonly ReceivedMessage[]): Promise<void> {
  const places = fresh.map(() => '(?, ?)').join(', ')
  await tx.manager.query(
    `INSERT INTO effects (id, note) VALUES ${places}`,
    fresh.flatMap(({ header }) => [++effects, header.id]),
  )
  for (const { header } of fresh)
    tx.publish(RunStarted, { taskId: randomUUID(), runId: randomUUID() }, { tenant: header.tenant })
}

describe('handleAllOnce', () => {
  let server: TestServer
  let database: Database
  let publisher: RecordingPublisher

  useDatabase((...made) => ([server, publisher, database] = made))

  const counts = async () => [
    await countRows(server, 'inbox'),
    await countRows(server, 'effects'),
    await countRows(server, 'outbox'),
    publisher.published.length,
  ]

  it('gives work each message once, in the order given, however often one is in the batch or comes again', async () => {
    const [a, b, c, d] = messages(4) as [ReceivedMessage, ReceivedMessage, ReceivedMessage, ReceivedMessage]
    const capitals = receivedMessage(b.header.id.toUpperCase())
    const seen: string[][] = []
    const handle = (batch: ReceivedMessage[]) =>
      database.handleAllOnce(batch, async (tx, fresh) => {
        seen.push(idsOf(fresh))
        await work(tx, fresh)
      })
    expect(await handle([b, a, b, capitals])).toEqual([true, true, false, false])
    expect(await handle([d, a, c, d, b])).toEqual([true, false, true, false, false])
    expect(seen).toEqual([idsOf([b, a]), idsOf([d, c])])
    expect(await counts()).toEqual([4, 4, 4, 4])
  })

  it('does nothing when all were handled before, and for an empty batch', async () => {
    const batch = messages(500)
    expect(await database.handleAllOnce(batch, work)).toEqual(batch.map(() => true))
    const fails = () => Promise.reject(new Error('called'))
    expect(await database.handleAllOnce(batch, fails)).toEqual(batch.map(() => false))
    expect(await database.handleAllOnce([], fails)).toEqual([])
    expect(await counts()).toEqual([500, 500, 500, 500])
  })

  it('undoes all of a batch in which one fails, so that each can be handled alone', async () => {
    const batch = messages(5)
    const faulty = batch[2]!.header.id
    const carefully = async (tx: Transaction, fresh: readonly ReceivedMessage[]) => {
      await work(tx, fresh)
      if (idsOf(fresh).includes(faulty)) throw new Error('not this one')
    }
    await expect(database.handleAllOnce(batch, carefully)).rejects.toThrow('not this one')
    expect(await counts()).toEqual([0, 0, 0, 0])
    const alone = await Promise.allSettled(
      batch.map((message) => database.handleOnce(message, (tx) => carefully(tx, [message]))),
    )
    expect(alone.map(({ status }) => status)).toEqual(
      batch.map(({ header }) => (header.id === faulty ? 'rejected' : 'fulfilled')),
    )
    expect(await counts()).toEqual([4, 4, 4, 4])
  })

  it('refuses a batch with an id that is no UUID, and does none of it', async () => {
    const handling = database.handleAllOnce([...messages(2), receivedMessage('7')], work)
    await expect(handling).rejects.toMatchObject({ name: 'TerminalError', code: 'invalid-message-id' })
    expect(await counts()).toEqual([0, 0, 0, 0])
  })

  it('has one effect for each when batches with the same messages in any order meet', async () => {
    const other = await openDatabase(server, 'executor', { publisher })
    const all = messages(60)
    const batches = Array.from({ length: 16 }, (_, turn) => {
      const rotated = [...all.slice(turn * 3), ...all.slice(0, turn * 3)]
      return (turn % 2 === 0 ? rotated : rotated.toReversed()).slice(0, 40)
    })
    const outcomes = await Promise.all(
      batches.map((batch, turn) => (turn % 3 === 0 ? other : database).handleAllOnce(batch, work)),
    )
    const fresh = outcomes.flatMap((isFresh, turn) => idsOf(batches[turn]!.filter((_, n) => isFresh[n])))
    expect(fresh.toSorted()).toEqual(idsOf(all).toSorted())
    expect(await counts()).toEqual([60, 60, 60, 60])
    await other.close()
  })

  it('adds more to the outbox than a server takes in one statement', async () => {
    const batch = messages(100)
    await database.handleAllOnce(batch, (tx, fresh) => {
      for (const _ of fresh)
        tx.publish(RunStarted, { taskId: randomUUID(), runId: 'x'.repeat(190 * 1024) }, { tenant: 'local' })
      return Promise.resolve()
    })
    expect(await countRows(server, 'outbox')).toBe(100)
  })
})
