import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Ledger } from './ledger.js'
import { LedgerDatabase } from './ledger.database.js'

const folder = mkdtempSync(join(tmpdir(), 'guildhall-ledger-'))
const now = 'UTC_TIMESTAMP(3)'
let database: LedgerDatabase
let ledger: Ledger

beforeAll(async () => {
  database = await LedgerDatabase.start(folder, 1)
  ledger = new Ledger(database)
})
afterEach(() => ledger.clear())
afterAll(async () => {
  await database?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const say = (n: number) =>
  database.query(`INSERT INTO guildhall_task_scheduler.said (k, n, at) VALUES (0, ${n}, ${now})`)
const answer = (n: number) =>
  database.query(
    `INSERT INTO guildhall_task_scheduler.answers (message_id, k, n, at) VALUES (UUID(), 0, ${n}, ${now})`,
  )
const act = (n: number, isApplied = true) =>
  database.query(
    `INSERT INTO guildhall_executor.effects (message_id, k, n, is_applied, at) VALUES (UUID(), 0, ${n}, ${isApplied}, ${now})`,
  )

async function sayAndDo(...numbers: number[]): Promise<void> {
  for (const n of numbers) {
    await say(n)
    await act(n)
    await answer(n)
  }
}

describe('the count of a story', () => {
  it('is clean, but for the audit, when each message has one effect and one answer', async () => {
    await sayAndDo(1, 2)
    const clean = { effects: 4, lost: 0, doubled: 0, reordered: 0, refusedAsLate: 0 }
    expect(await ledger.count()).toEqual({ ...clean, unaudited: 4 })
  })

  it('tells of a message without an effect, and of an effect without an answer', async () => {
    await sayAndDo(1)
    await say(2)
    await say(3)
    await act(3)
    expect(await ledger.count()).toMatchObject({ lost: 2, doubled: 0 })
    expect(await ledger.outstanding()).toBe(2)
  })

  it('tells of a second effect, of a second answer, and of an effect of nothing that was said', async () => {
    await sayAndDo(1)
    await act(1, false)
    await answer(1)
    await act(9)
    await answer(9)
    expect(await ledger.count()).toMatchObject({ doubled: 3, lost: 0 })
  })

  it('tells of an effect that takes its key back, and not of one that came late and was not applied', async () => {
    await sayAndDo(1, 3)
    await say(2)
    await act(2, false)
    await answer(2)
    expect(await ledger.count()).toMatchObject({ reordered: 0, refusedAsLate: 1, lost: 0 })
    await say(4)
    await act(4)
    await act(3)
    expect(await ledger.count()).toMatchObject({ reordered: 1 })
  })
})
