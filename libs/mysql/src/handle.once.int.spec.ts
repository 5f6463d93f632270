import { randomUUID } from 'node:crypto'
import { RunStarted } from '@guildhall/contracts'
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

const run = () => ({ taskId: randomUUID(), runId: randomUUID() })
const origin = { tenant: 'local' }

describe('handleOnce', () => {
  let server: TestServer
  let database: Database
  let publisher: RecordingPublisher

  useDatabase((...made) => ([server, publisher, database] = made))

  const count = (table: string) => countRows(server, table)

  it('handles a message once however often it comes', async () => {
    const message = receivedMessage()
    const handle = () =>
      database.handleOnce(message, async (tx) => {
        await addEffect(tx)
        tx.publish(RunStarted, run(), origin)
      })
    expect(await handle()).toBe(true)
    expect(await handle()).toBe(false)
    expect([await count('effects'), await count('outbox'), publisher.published.length]).toEqual([1, 1, 1])
  })

  it('handles a message again when the work failed', async () => {
    const message = receivedMessage()
    const failing = database.handleOnce(message, async (tx) => {
      await addEffect(tx)
      throw new Error('not yet')
    })
    await expect(failing).rejects.toThrow('not yet')
    expect(await database.handleOnce(message, async (tx) => void (await addEffect(tx)))).toBe(true)
  })

  it('lets a second handling wait for the first and see it', async () => {
    const message = receivedMessage()
    const other = await openDatabase(server, 'executor', { publisher })
    let isWorking = false
    let finish = () => {}
    const finished = new Promise<void>((resolve) => (finish = resolve))
    const first = database.handleOnce(message, async (tx) => {
      await addEffect(tx)
      isWorking = true
      await finished
    })
    await until(() => isWorking)
    let isSecondDone = false
    const second = other
      .handleOnce(message, async (tx) => void (await addEffect(tx, 2)))
      .then((did) => {
        isSecondDone = true
        return did
      })
    await until(async () => {
      const waiting = await server.query(
        "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
      )
      return waiting.length === 1
    })
    expect(isSecondDone).toBe(false)
    finish()
    expect(await Promise.all([first, second])).toEqual([true, false])
    expect(await count('effects')).toBe(1)
    await other.close()
  })

  it('takes the second handling when the first one rolls back', async () => {
    const message = receivedMessage()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        database.handleOnce(message, async (tx) => {
          if (index % 2 === 0) throw new Error('no')
          await addEffect(tx)
        }),
      ),
    )
    const handled = outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value)
    expect(handled).toHaveLength(1)
    expect(await count('effects')).toBe(1)
  })

  it('refuses an id that is no UUID', async () => {
    const handling = database.handleOnce(receivedMessage(`${randomUUID()}-and-more`), async () => {})
    await expect(handling).rejects.toMatchObject({ name: 'TerminalError', code: 'invalid-message-id' })
  })
})
