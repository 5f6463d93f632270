import { clockMs } from '../clock.js'
import type { PlainMessage } from '../payloads.js'
import type { Handled, HandleOrder, RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { connect, field, group, makeGroup, raw, readNew, unawaited, verify } from './raw.link.js'

/** Checks, parses and acknowledges what the relay forwarded. */
await serveRole<RoleSettings>(async (settings) => {
  const redis = await connect(settings.redis)
  await makeGroup(redis, raw.outbox)
  return {
    async run({ messages }: HandleOrder): Promise<Handled> {
      const latenciesMs: number[] = []
      let limits = 0
      while (latenciesMs.length < messages) {
        const entries = await readNew(redis, raw.outbox)
        if (entries.length === 0) continue
        for (const [, fields] of entries) {
          const text = field(fields, 'm')
          verify(text, field(fields, 's'))
          limits += (JSON.parse(text) as PlainMessage).body.args.limit
          latenciesMs.push(clockMs() - Number(field(fields, 't')))
        }
        unawaited(redis.xack(raw.outbox, group, ...entries.map(([id]) => id)))
      }
      await redis.ping()
      const lastAtMs = clockMs()
      if (limits !== 128 * messages) throw new Error('messages arrived changed')
      return { lastAtMs, latenciesMs }
    },
    close: () => Promise.resolve(redis.disconnect()),
  }
})
