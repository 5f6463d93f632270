import { type Job, Worker } from 'bullmq'
import { clockMs } from '../clock.js'
import type { PlainMessage } from '../payloads.js'
import type { Handled, HandleOrder, RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { queueName } from './bullmq.queue.js'

export interface WorkerSettings extends RoleSettings {
  concurrency: number
}

interface JobData {
  message: PlainMessage
  sentAtMs: number
}

/** Ends an order when so many jobs are completed, which is after their removal from the queue. */
await serveRole<WorkerSettings>(async ({ redis: connection, concurrency }) => {
  let latenciesMs: number[] = []
  let completed = 0
  let onCompleted = () => {}
  const worker = new Worker<JobData>(
    queueName,
    ({ data }: Job<JobData>) => {
      latenciesMs.push(clockMs() - data.sentAtMs)
      return Promise.resolve({ limit: data.message.body.args.limit })
    },
    { connection: { ...connection, maxRetriesPerRequest: null }, concurrency },
  )
  worker.on('completed', () => {
    completed += 1
    onCompleted()
  })
  worker.on('error', (error) => process.stderr.write(`${error.message}\n`))
  await worker.waitUntilReady()
  return {
    run({ messages }: HandleOrder): Promise<Handled> {
      return new Promise((resolve) => {
        onCompleted = () => {
          if (completed < messages) return
          resolve({ lastAtMs: clockMs(), latenciesMs })
          completed = 0
          latenciesMs = []
          onCompleted = () => {}
        }
        onCompleted()
      })
    },
    close: () => worker.close(),
  }
})
