import type { PlainMessage } from '../payloads.js'
import type { RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { connect, field, group, makeGroup, raw, readNew, unawaited } from './raw.link.js'

export interface ForwardingSettings extends RoleSettings {
  /** `router` forwards to where a message wants to go, with a note in the audit; `service` answers requests. */
  as: 'router' | 'service'
}

/** One of the two in the middle of a raw request: reads, writes and acknowledges, a pipeline for each batch. */
await serveRole<ForwardingSettings>(async ({ redis: connection, as }) => {
  const redis = await connect(connection)
  const stream = as === 'router' ? raw.inbox : raw.service
  await makeGroup(redis, stream)
  const closing = new AbortController()
  const forwarding = forward()

  async function forward(): Promise<void> {
    while (!closing.signal.aborted) {
      const entries = await readNew(redis, stream)
      if (entries.length === 0) continue
      const pipeline = redis.pipeline()
      for (const [id, fields] of entries) {
        const message = JSON.parse(field(fields, 'm')) as PlainMessage
        if (as === 'router') {
          message.hop = (message.hop ?? 0) + 1
          pipeline.xadd(message.dst, 'MAXLEN', '~', 10_000, '*', 'm', JSON.stringify(message))
          pipeline.xadd(raw.audit, 'MAXLEN', '~', 100_000, '*', 'id', id, 'verdict', 'allowed')
        } else {
          const { reply, ...rest } = message
          const answer = { ...rest, type: 'task.done', src: 'executor', dst: reply ?? '' }
          pipeline.xadd(raw.inbox, 'MAXLEN', '~', 10_000, '*', 'm', JSON.stringify(answer))
        }
      }
      pipeline.xack(stream, group, ...entries.map(([id]) => id))
      unawaited(pipeline.exec())
    }
  }

  return {
    run: () => Promise.reject(new Error('it forwards by itself')),
    async close() {
      closing.abort()
      await forwarding
      redis.disconnect()
    },
  }
})
