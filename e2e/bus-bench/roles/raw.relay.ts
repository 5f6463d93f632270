import type { PlainMessage } from '../payloads.js'
import type { HandleOrder, RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { connect, field, group, makeGroup, raw, readNew, sign, unawaited, verify } from './raw.link.js'

const moveBatch = `
local ids, at = {}, 2
while at <= #ARGV do
  redis.call('XADD', KEYS[2], '*', 'm', ARGV[at + 1], 's', ARGV[at + 2], 't', ARGV[at + 3])
  redis.call('XADD', KEYS[3], '*', 'id', ARGV[at], 'verdict', 'allowed', 'bytes', #ARGV[at + 1])
  ids[#ids + 1] = ARGV[at]
  at = at + 4
end
return redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))`

/** The least that a router can do: check, look up, note, forward; a batch is one script. */
await serveRole<RoleSettings>(async (settings) => {
  const redis = await connect(settings.redis)
  await makeGroup(redis, raw.inbox)
  const script = (await redis.script('LOAD', moveBatch)) as string
  const policy = new Set(['task-scheduler>executor:task.run'])
  return {
    async run({ messages }: HandleOrder): Promise<void> {
      for (let relayed = 0; relayed < messages;) {
        const entries = await readNew(redis, raw.inbox)
        if (entries.length === 0) continue
        const args = entries.flatMap(([id, fields]) => {
          const text = field(fields, 'm')
          verify(text, field(fields, 's'))
          const message = JSON.parse(text) as PlainMessage
          if (!policy.has(`${message.src}>${message.dst}:${message.type}`)) throw new Error('not permitted')
          message.hop = 1
          const stamped = JSON.stringify(message)
          return [id, stamped, sign(stamped), field(fields, 't')]
        })
        unawaited(redis.evalsha(script, 3, raw.inbox, raw.outbox, raw.audit, group, ...args))
        relayed += entries.length
      }
      await redis.ping()
    },
    close: () => Promise.resolve(redis.disconnect()),
  }
})
