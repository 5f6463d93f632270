import { Queue } from 'bullmq'
import { clockMs, inLanes } from '../clock.js'
import { plainMessage } from '../payloads.js'
import type { RoleSettings, SendOrder, Sent } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { queueName } from './bullmq.queue.js'

await serveRole<RoleSettings>(async ({ redis: connection }) => {
  const queue = new Queue(queueName, { connection: { ...connection, maxRetriesPerRequest: null } })
  await queue.waitUntilReady()
  return {
    async run({ messages, pace }: SendOrder): Promise<Sent> {
      if (!('lanes' in pace)) throw new Error('jobs are added in lanes')
      const firstAtMs = clockMs()
      await inLanes(messages, pace.lanes, (index) =>
        queue.add('job', { message: plainMessage(index), sentAtMs: clockMs() }, { removeOnComplete: true }),
      )
      return { firstAtMs }
    },
    close: () => queue.close(),
  }
})
