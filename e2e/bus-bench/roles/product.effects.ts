import {
  causedBy,
  createEnvelope,
  messageOf,
  type ReceivedMessage,
  RunSucceeded,
  TaskRun,
} from '@guildhall/contracts'
import { Database, type Transaction } from '@guildhall/mysql'
import { inSpan } from '@guildhall/service-defaults'
import { clockMs, inLanes } from '../clock.js'
import { runSucceeded, taskRun } from '../payloads.js'
import type { Answered, RequestOrder } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { batchSize, type EffectsSettings, stateRows, stateUpsert } from './effect.rows.js'

const { type } = messageOf(TaskRun)

/** Handles batches as a service does, each once with its effect and what it says, to a publisher that does nothing. */
await serveRole<EffectsSettings>(async ({ mariadb }) => {
  const publisher = { publish: () => Promise.resolve() }
  const database = await Database.open({ service: 'executor', ...mariadb, entities: [], publisher })
  return {
    async run({ messages, lanes }: RequestOrder): Promise<Answered> {
      const batches = Array.from({ length: messages / batchSize }, () =>
        Array.from({ length: batchSize }, newMessage),
      )
      const latenciesMs: number[] = []
      const from = clockMs()
      await inLanes(batches.length, lanes, async (index) => {
        const begunAt = clockMs()
        const isFresh = await inSpan('handle', {}, () =>
          database.handleAllOnce(batches[index] ?? [], (tx, fresh) => takeEffect(tx, fresh, index)),
        )
        if (!isFresh.every(Boolean)) throw new Error('a new message was taken for one that is known')
        latenciesMs.push(clockMs() - begunAt)
      })
      return { tookMs: clockMs() - from, latenciesMs }
    },
    close: () => database.close(),
  }
})

async function takeEffect(tx: Transaction, fresh: readonly ReceivedMessage[], index: number): Promise<void> {
  await tx.manager.query(stateUpsert(fresh.length), stateRows('bench product', index, fresh.length))
  for (const { header } of fresh) tx.publish(RunSucceeded, runSucceeded(), causedBy(header))
}

function newMessage(): ReceivedMessage {
  const run = taskRun(0)
  const origin = { tenant: 'local', subject: run.taskId }
  const { header } = createEnvelope(type, run, '/services/task-scheduler', origin)
  return {
    header,
    stamp: {
      verdict: 'allowed',
      at: header.time,
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
