import type { ServiceName } from '@guildhall/contracts'
import { RunStarted } from '@guildhall/contracts'
import { Database } from './database.js'

interface Order {
  service: ServiceName
  host: string
  port: number
  password: string
  taskId: string
}

/** Runs in a process of its own: commits an effect and two messages, says so, and then hangs in their publication. */
process.once('message', (order: Order) => {
  void commitAndHang(order)
})

async function commitAndHang({ taskId, ...connection }: Order): Promise<void> {
  const publish = () => {
    process.send?.('committed')
    return new Promise<void>(() => {})
  }
  const database = await Database.open({ ...connection, entities: [], publisher: { publish } })
  await database.transact(async (tx) => {
    await tx.manager.query("INSERT INTO effects (id, note) VALUES (1, 'committed')")
    tx.publish(RunStarted, { taskId, runId: taskId }, { tenant: 'local' })
    tx.publish(RunStarted, { taskId, runId: taskId }, { tenant: 'local' })
  })
}
