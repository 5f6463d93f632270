import { TaskRun } from '@guildhall/contracts'
import { affectedRows } from '@guildhall/mysql'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from './role.orders.ts'
import { SeededChance } from './seeded.chance.ts'
import { handleOnce, runWorker, type Worker } from './worker.service.ts'

// Plays the task scheduler: says numbered messages, each in one transaction with the row that it was said, and notes the
// answer to each.

const inFlightAtMost = 8
let load: Load = { perSecond: 0, keys: 1, seed: 0 }

runWorker({
  service: 'task-scheduler',
  hears: 'run.succeeded',
  handle: (worker, { key, n }, message) =>
    handleOnce(worker, message, async (tx) => {
      await tx.manager.query(
        'INSERT INTO answers (message_id, k, n, at) VALUES (?, ?, ?, UTC_TIMESTAMP(3))',
        [message.header.id, key, n],
      )
    }),
  onReady: (worker) => worker.busyWith(speak(worker)),
  onLoad: (ordered) => {
    load = ordered
  },
})

async function speak(worker: Worker): Promise<void> {
  const chance = new SeededChance(load.seed)
  const inFlight = new Set<Promise<unknown>>()
  let dueMs = Date.now()
  while (!worker.stopping.aborted) {
    await sleep(Math.max(1, Math.min(dueMs - Date.now(), 50)))
    if (load.perSecond === 0) dueMs = Date.now()
    if (Date.now() < dueMs || load.perSecond === 0 || inFlight.size >= inFlightAtMost) continue
    // What could not be said while a server was away is not made up for.
    dueMs = Math.max(dueMs + 1_000 / load.perSecond, Date.now() - 100)
    const saying = say(worker, chance.between(0, load.keys))
      // The server is away: when the transaction was committed all the same, both of its halves were.
      .catch(() => sleep(100))
      .finally(() => inFlight.delete(saying))
    inFlight.add(saying)
  }
  await Promise.all(inFlight)
}

async function say({ database }: Worker, key: number): Promise<void> {
  await database.transact(async (tx) => {
    const next = 'UPDATE revisions SET revision = LAST_INSERT_ID(revision + 1) WHERE k = ?'
    if (affectedRows(await tx.manager.query(next, [key])) !== 1) throw new Error(`There is no key ${key}`)
    const [row] = await tx.manager.query<{ n: number }[]>('SELECT LAST_INSERT_ID() AS n')
    const n = Number(row?.n)
    await tx.manager.query('INSERT INTO said (k, n, at) VALUES (?, ?, UTC_TIMESTAMP(3))', [key, n])
    tx.publish(TaskRun, { key, n } as never, { tenant: 'chaos' })
  })
}
