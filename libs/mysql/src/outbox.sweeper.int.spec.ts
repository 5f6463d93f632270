import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { RunStarted } from '@guildhall/contracts'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Database } from './database.js'
import type { SweeperSettings } from './database.options.js'
import type { TestServer } from './mariadb.fixture.js'
import {
  openDatabase,
  password,
  type RecordingPublisher,
  until,
  useSchema,
} from './service.schema.fixture.js'

const run = () => ({ taskId: randomUUID(), runId: randomUUID() })
const origin = { tenant: 'local' }
const quick: Partial<SweeperSettings> = { everyMs: 20, unsentAfterMs: 100 }

describe('OutboxSweeper', () => {
  let server: TestServer
  let publisher: RecordingPublisher

  useSchema((...made) => ([server, publisher] = made))

  const open = async (sweeper: Partial<SweeperSettings> = quick) => {
    const database = await openDatabase(server, 'executor', { publisher, sweeper })
    onTestFinished(() => database.close())
    return database
  }
  const say = (database: Database, count = 1) =>
    database.transact(async (tx) => {
      for (let index = 0; index < count; index++) tx.publish(RunStarted, run(), origin)
    })
  const rows = async (where = 'TRUE') =>
    Number(
      (await server.query(`SELECT COUNT(*) AS n FROM guildhall_executor.outbox WHERE ${where}`))[0]?.['n'],
    )
  const allSent = (timeout = 10_000) =>
    expect.poll(() => rows('sent_at IS NULL'), { timeout, interval: 50 }).toBe(0)

  it('publishes once what was committed while the publication failed', async () => {
    const database = await open()
    publisher.failWith = new Error('Redis is away')
    await say(database, 3)
    database.startSweeper()
    publisher.failWith = undefined
    await allSent()
    const ids = await server.query('SELECT id FROM guildhall_executor.outbox ORDER BY id')
    expect(publisher.ids).toEqual(ids.map((row) => row['id']))
  })

  it('goes on after a publication of its own failed', async () => {
    const database = await open()
    publisher.failWith = new Error('Redis is away')
    await say(database)
    database.startSweeper()
    const publish = publisher.publish.bind(publisher)
    let failures = 0
    publisher.publish = async (envelopes) => {
      if (++failures < 3) throw new Error('still away')
      publisher.failWith = undefined
      await publish(envelopes)
    }
    await allSent()
    expect(failures).toBe(3)
    expect(publisher.published).toHaveLength(1)
  })

  it('publishes each message once of a process that was killed between commit and publication', async () => {
    const crash = JSON.stringify(new URL('./crash.fixture.ts', import.meta.url).pathname)
    const script = `import { runnerImport } from 'vite'
      const conditions = ['@guildhall/source']
      await runnerImport(${crash}, { configFile: false, resolve: { conditions }, ssr: { resolve: { conditions } } })
      process.send('ready')`
    const child = fork('-', [], {
      execArgv: ['--import', 'reflect-metadata', '--input-type=module', '--eval', script],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    expect(await once(child, 'message')).toContain('ready')
    const { host, port } = server
    child.send({ service: 'executor', host, port, password, taskId: randomUUID() })
    expect(await once(child, 'message')).toContain('committed')
    child.kill('SIGKILL')
    await once(child, 'exit')

    const database = await open()
    expect(await rows('sent_at IS NULL')).toBe(2)
    database.startSweeper()
    await allSent()
    await expect.poll(() => rows('sent_at IS NOT NULL')).toBe(2)
    expect(new Set(publisher.ids).size).toBe(2)
    expect(publisher.ids).toHaveLength(2)
  })

  it('publishes each message once when several processes sweep', async () => {
    const writer = await open()
    publisher.failWith = new Error('Redis is away')
    for (let index = 0; index < 10; index++) await say(writer, 50)
    publisher.failWith = undefined
    const sweepers = await Promise.all([open(), open(), open()])
    for (const database of sweepers) database.startSweeper()
    await allSent()
    expect(publisher.ids).toHaveLength(500)
    expect(new Set(publisher.ids).size).toBe(500)
  })

  it('sees a message whose transaction began before those already published and committed after them', async () => {
    const database = await open()
    publisher.failWith = new Error('Redis is away')
    let commit = () => {}
    let hasSaid = () => {}
    const said = new Promise<void>((resolve) => (hasSaid = resolve))
    const late = database.transact(async (tx) => {
      tx.publish(RunStarted, run(), origin)
      hasSaid()
      await new Promise<void>((resolve) => (commit = resolve))
    })
    await said
    await say(database)
    publisher.failWith = undefined
    database.startSweeper()
    await allSent()
    publisher.failWith = new Error('Redis is away again')
    commit()
    await late
    publisher.failWith = undefined
    await allSent()
    expect(publisher.published).toHaveLength(2)
  })

  it('leaves alone what its own process is just publishing', async () => {
    const database = await open()
    let finish = () => {}
    const publish = publisher.publish.bind(publisher)
    let calls = 0
    publisher.publish = async (envelopes) => {
      calls++
      await new Promise<void>((resolve) => (finish = resolve))
      await publish(envelopes)
    }
    const saying = say(database)
    database.startSweeper()
    const old = 'created_at < UTC_TIMESTAMP(3) - INTERVAL 400000 MICROSECOND'
    await expect.poll(() => rows(old)).toBe(1)
    finish()
    await saying
    await allSent()
    expect(calls).toBe(1)
  })

  it('says again what was made or sent since a time, in the order it was made, under the same ids', async () => {
    const database = await open()
    const since = async (messages: number) => {
      await say(database, messages)
      await allSent()
      const nextMs = (await database.nowMs()) + 1
      await until(async () => (await database.nowMs()) >= nextMs)
      return nextMs
    }
    const start = await since(2)
    await since(3)
    const ids = [...publisher.ids]
    expect(await database.republishSince(start)).toBe(3)
    expect(await database.republishSince(start)).toBe(0)
    database.startSweeper()
    await allSent()
    expect(publisher.ids).toEqual([...ids, ...ids.slice(2)])
    expect(await database.republishSince(0)).toBe(5)
  })

  it('refuses to say again while it cannot be known what was sent last', async () => {
    const database = await open()
    await server.query(
      `CREATE TRIGGER guildhall_executor.no_marks BEFORE UPDATE ON guildhall_executor.outbox FOR EACH ROW
       IF NEW.sent_at IS NOT NULL THEN SIGNAL SQLSTATE '45000'; END IF`,
    )
    try {
      await say(database)
      await expect(database.republishSince(0)).rejects.toThrow('could not be marked')
    } finally {
      await server.query('DROP TRIGGER guildhall_executor.no_marks')
    }
    expect(await database.republishSince(0)).toBe(1)
  })

  it('says each message of a large window again once, although several processes ask for it at once', async () => {
    const replicas = await Promise.all([open(), open(), open()])
    await server.query(
      `INSERT INTO guildhall_executor.outbox
       SELECT id, CONCAT('{"id":"', id, '"}'), '{}', at, at
       FROM (SELECT CONCAT('00000000-0000-4000-8000-', LPAD(20001 - seq, 12, '0')) AS id,
             UTC_TIMESTAMP(3) - INTERVAL 60 SECOND + INTERVAL seq * 1000 MICROSECOND AS at
             FROM guildhall_executor.seq_1_to_20000) AS made`,
    )
    for (const database of replicas) database.startSweeper()
    const handedOver = await Promise.all(replicas.map((database) => database.republishSince(0)))
    expect(handedOver.reduce((sum, n) => sum + n)).toBeGreaterThanOrEqual(20_000)
    await allSent(45_000)
    const said = publisher.ids
    expect(new Set(said).size).toBe(20_000)
    // At most what was sent again for the first in the moment before the last one asked.
    expect(said.length).toBeLessThan(22_000)
    expect(said.slice(0, 1_000)).toEqual(said.slice(0, 1_000).toSorted().toReversed())
  }, 60_000)

  it('deletes what was sent or handled long ago, and never what is unsent', async () => {
    const database = await open({ ...quick, keepSentMs: 60_000, keepHandledMs: 120_000 })
    publisher.failWith = new Error('Redis is away')
    const insert = (ageMinutes: number, isSent: boolean) =>
      server.query(
        `INSERT INTO guildhall_executor.outbox
         SELECT UUID(), '{"id":"x"}', '{}', t, ${isSent ? 't' : 'NULL'}
         FROM (SELECT UTC_TIMESTAMP(3) - INTERVAL ${ageMinutes} MINUTE AS t) AS times`,
      )
    await server.query(
      `INSERT INTO guildhall_executor.outbox
       SELECT UUID(), '{}', '{}', UTC_TIMESTAMP(3) - INTERVAL 2 MINUTE, UTC_TIMESTAMP(3) - INTERVAL 2 MINUTE
       FROM guildhall_executor.seq_1_to_2500`,
    )
    await insert(0, true)
    await insert(10, false)
    for (const minutes of [0, 1, 3]) {
      await server.query(
        `INSERT INTO guildhall_executor.inbox VALUES (UUID(), 'task.run', UTC_TIMESTAMP(3) - INTERVAL ${minutes} MINUTE)`,
      )
    }
    database.startSweeper()
    await expect.poll(() => rows()).toBe(2)
    await expect
      .poll(async () => (await server.query('SELECT 1 FROM guildhall_executor.inbox')).length)
      .toBe(2)
  })
})
