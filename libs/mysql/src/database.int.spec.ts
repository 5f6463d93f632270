import { randomUUID } from 'node:crypto'
import { RunStarted, RunProgressed, TaskRun } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import type { Database } from './database.js'
import type { TestServer } from './mariadb.fixture.js'
import {
  addEffect,
  countRows,
  openDatabase,
  receivedMessage,
  type RecordingPublisher,
  until,
  useDatabase,
} from './service.schema.fixture.js'
import { insertRows, type RowInsertion } from './row.insertion.js'
import type { Transaction } from './transaction.js'

const run = () => ({ taskId: randomUUID(), runId: randomUUID() })
const origin = { tenant: 'local' }
const effects: RowInsertion = { into: 'INSERT INTO effects (id, note)', row: '(?, ?)' }
const notes = ['', "it's", '"', '\\', "\\' OR 1=1 --", '\0', '?', 'é€😀', '\n\r\x1a', '%s', "'); COMMIT; --"]

describe('Database', () => {
  let server: TestServer
  let database: Database
  let publisher: RecordingPublisher

  useDatabase((...made) => ([server, publisher, database] = made))

  const count = (table: string) => countRows(server, table)

  it('commits the change and then publishes what was said, in the order it was said', async () => {
    const rowsAtPublication: number[] = []
    const publish = publisher.publish.bind(publisher)
    publisher.publish = async (envelopes) => {
      rowsAtPublication.push(await count('effects'))
      await publish(envelopes)
    }
    const values = Array.from({ length: 250 }, run)

    const result = await database.transact(async (tx) => {
      await addEffect(tx)
      for (const value of values) tx.publish(RunStarted, value, { ...origin, subject: value.taskId })
      return 'result'
    })

    expect(result).toBe('result')
    expect(rowsAtPublication).toEqual([1])
    expect(publisher.published.map(({ data }) => JSON.parse(data))).toEqual(values)
    expect(publisher.published[0]?.header).toMatchObject({
      type: 'run.started',
      source: '/services/executor',
      tenant: 'local',
      subject: values[0]?.taskId,
    })
    const stored = await server.query(
      'SELECT header, data FROM guildhall_executor.outbox ORDER BY id LIMIT 1',
    )
    expect(JSON.parse(String(stored[0]?.['header']))).toEqual(publisher.published[0]?.header)
    expect(stored[0]?.['data']).toBe(publisher.published[0]?.data)
  })

  it('inserts rows of any value as they are, in their order, and none when one is refused', async () => {
    const rows = Array.from({ length: 300 }, (_, id) => [id, notes[id % notes.length] as string] as const)
    await database.transact(({ manager }) => insertRows(manager, effects, rows))
    const stored = await server.query('SELECT id, note FROM guildhall_executor.effects ORDER BY id')
    expect(stored.map(({ id, note }) => [id, note])).toEqual(rows)

    const refused = [
      ...Array.from({ length: 200 }, (_, n) => [1_000 + n, 'new'] as const),
      [0, 'again'] as const,
    ]
    const insertion = database.transact(({ manager }) => insertRows(manager, effects, refused))
    await expect(insertion).rejects.toMatchObject({ driverError: { code: 'ER_DUP_ENTRY' } })
    await expect(insertion).rejects.not.toMatchObject({ driverError: { sql: expect.anything() as string } })
    expect(await count('effects')).toBe(rows.length)
  })

  it.each([
    ['few', 11],
    ['many', 300],
  ])('adds %s rows at its end, after what it changes, whatever their values', async (_, number) => {
    const rows = Array.from({ length: number }, (_, id) => [id, notes[id % notes.length] as string] as const)
    await server.query("INSERT INTO guildhall_executor.effects VALUES (0, 'from before')")
    const changed = await database.transact(async (tx) => {
      tx.insertLast(effects, rows)
      tx.publish(RunStarted, run(), origin)
      return [
        await tx.change('DELETE FROM effects WHERE id = ? AND note = ?', [0, 'from before']),
        await tx.change('DELETE FROM effects', []),
      ]
    })
    expect(changed).toEqual([1, 0])
    const stored = await server.query('SELECT id, note FROM guildhall_executor.effects ORDER BY id')
    expect(stored.map(({ id, note }) => [id, note])).toEqual(rows)
    expect([publisher.published.length, await count('outbox')]).toEqual([1, 1])
  })

  it('keeps nothing when a row at its end is refused, and nothing stays open', async () => {
    for (const number of [2, 40]) {
      const twice = Array.from({ length: number }, (_, id) => [id % (number - 1), 'x'] as const)
      const failed = database.transact(async (tx) => {
        await tx.change('INSERT INTO effects (id, note) VALUES (?, ?)', [1_000, 'first'])
        tx.publish(RunStarted, run(), origin)
        tx.insertLast(effects, twice)
      })
      await expect(failed).rejects.toMatchObject({ driverError: { code: 'ER_DUP_ENTRY' } })
      await expect(failed).rejects.not.toMatchObject({ driverError: { sql: expect.anything() as string } })
    }
    await database.manager.query("INSERT INTO effects VALUES (7, 'alone')")
    expect([await count('effects'), await count('outbox'), publisher.published.length]).toEqual([1, 0, 0])
  })

  it('takes one statement a query, so that no value can become another one', async () => {
    const two = "INSERT INTO effects VALUES (1, 'a'); DELETE FROM effects"
    await expect(database.manager.query(two)).rejects.toThrow('one statement')
    await expect(database.transact((tx) => tx.manager.query(two))).rejects.toThrow('one statement')
    expect(await count('effects')).toBe(0)
  })

  it('waits for no publication that may go behind, until it is closed', async () => {
    const other = await openDatabase(server, 'executor', { publisher })
    const release = Promise.withResolvers<void>()
    const publish = publisher.publish.bind(publisher)
    publisher.publish = async (envelopes) => {
      await release.promise
      await publish(envelopes)
    }
    const value = run()
    const subject = value.taskId
    await other.transact(async (tx) => tx.publish(RunStarted, value, { ...origin, subject }), {
      isBehind: true,
    })
    expect([publisher.published.length, await count('outbox')]).toEqual([0, 1])
    const closed = other.close()
    release.resolve()
    await Promise.all([other.published(subject), closed])
    const rows = await server.query('SELECT sent_at FROM guildhall_executor.outbox')
    expect([publisher.published.length, rows.every((row) => row['sent_at'] !== null)]).toEqual([1, true])
  })

  it('marks what it published as sent', async () => {
    await database.transact(async (tx) => tx.publish(RunStarted, run(), origin))
    await until(async () => {
      const rows = await server.query('SELECT sent_at FROM guildhall_executor.outbox')
      return rows.every((row) => row['sent_at'] !== null)
    })
  })

  it('writes the marks that still wait when it is closed', async () => {
    const other = await openDatabase(server, 'executor', { publisher })
    await other.transact(async (tx) => tx.publish(RunStarted, run(), origin))
    await other.close()
    expect(
      (await server.query('SELECT sent_at FROM guildhall_executor.outbox'))[0]?.['sent_at'],
    ).not.toBeNull()
  })

  it('publishes nothing and keeps nothing when the work fails', async () => {
    const failed = database.transact(async (tx) => {
      await addEffect(tx)
      tx.publish(RunStarted, run(), origin)
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    expect(publisher.published).toEqual([])
    expect([await count('effects'), await count('outbox')]).toEqual([0, 0])
  })

  it('keeps the commit when the publication fails', async () => {
    publisher.failWith = new Error('Redis is away')
    await database.transact(async (tx) => {
      await addEffect(tx)
      tx.publish(RunStarted, run(), origin)
    })
    expect([await count('effects'), await count('outbox')]).toEqual([1, 1])
  })

  it('answers a request to its requester, caused by it', async () => {
    const request = receivedMessage(undefined, 'client-7')
    await database.transact(async (tx) => {
      tx.reply(request, RunProgressed, {
        ...run(),
        step: { index: 1, kind: 'model-turn', name: 'think', state: 'started' },
      })
    })
    expect(publisher.published[0]?.header).toMatchObject({
      replyto: 'client-7',
      correlationid: request.header.id,
      causationid: request.header.id,
      subject: request.header.subject,
    })
  })

  it('refuses a message that the service may not say, one too large and one too late', async () => {
    const work = (say: (tx: Transaction) => void) => database.transact(async (tx) => say(tx))
    await expect(work((tx) => tx.publish(TaskRun, {} as TaskRun, origin))).rejects.toThrow(
      'may not say task.run',
    )
    const huge = { ...run(), runId: 'x'.repeat(300_000) }
    await expect(work((tx) => tx.publish(RunStarted, huge, origin))).rejects.toMatchObject({
      code: 'message-too-large',
    })
    let ended: Transaction | undefined
    await work((tx) => (ended = tx))
    expect(() => ended?.publish(RunStarted, run(), origin)).toThrow('after its transaction had ended')
  })

  it('refuses a transaction inside a transaction instead of waiting for itself', async () => {
    const nested = database.transact(() => database.transact(async () => 'inner'))
    await expect(nested).rejects.toThrow('transact inside a transaction')
    expect(await database.transact(async () => 'next')).toBe('next')
  })

  it('runs a transaction again after a deadlock, without what the first attempt said', async () => {
    await server.query("INSERT INTO guildhall_executor.effects VALUES (1, 'a'), (2, 'b')")
    let attempts = 0
    let bothLocked = 0
    const lockInOrder = (first: number, second: number) =>
      database.transact(async (tx) => {
        attempts++
        tx.publish(RunStarted, run(), origin)
        const lock = 'SELECT note FROM effects WHERE id = ? FOR UPDATE'
        await tx.manager.query(lock, [first])
        bothLocked++
        if (attempts <= 2) await until(() => bothLocked >= 2)
        await tx.manager.query(lock, [second])
      })
    await Promise.all([lockInOrder(1, 2), lockInOrder(2, 1)])
    expect(attempts).toBeGreaterThanOrEqual(3)
    expect([publisher.published.length, await count('outbox')]).toEqual([2, 2])
  })
})
