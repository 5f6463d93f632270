import { causedBy, type ReceivedMessage, RunSucceeded, TerminalError } from '@guildhall/contracts'
import { affectedRows } from '@guildhall/mysql'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Numbered } from './role.orders.ts'
import { handleOnce, runWorker, tell, type Worker } from './worker.service.ts'

// Plays the executor: the effect of a numbered message is a row. A key's revision never goes back: what comes after a
// later number of its key is noted as too late and not applied.

runWorker({
  service: 'executor',
  hears: 'task.run',
  handle: async (worker, payload, message) => {
    // As the product's validation does.
    if (!Number.isInteger(payload.key))
      throw new TerminalError('invalid-payload', 'key must be a whole number')
    if (payload.does) await misbehave(payload, message)
    await act(worker, payload, message)
  },
})

async function act(worker: Worker, { key, n }: Numbered, message: ReceivedMessage): Promise<void> {
  await handleOnce(worker, message, async (tx) => {
    const isApplied = affectedRows(
      await tx.manager.query('UPDATE revisions SET revision = ? WHERE k = ? AND revision < ?', [n, key, n]),
    )
    await tx.manager.query(
      'INSERT INTO effects (message_id, k, n, is_applied, at) VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))',
      [message.header.id, key, n, isApplied],
    )
    tx.publish(RunSucceeded, { key, n } as never, causedBy(message.header))
  })
}

async function misbehave(
  { does = 'throw', n, takesMs = 0 }: Numbered,
  { attempt }: ReceivedMessage,
): Promise<void> {
  tell({ report: 'began', does, n, attempt })
  switch (does) {
    case 'throw':
      throw new Error('This message cannot be handled')
    case 'hang':
      return new Promise(() => {})
    case 'take-long':
      return sleep(takesMs)
    case 'exit':
      return process.exit(1)
    case 'block': {
      const until = Date.now() + takesMs
      while (Date.now() < until);
    }
  }
}
