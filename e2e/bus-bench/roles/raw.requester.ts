import { clockMs, inLanes } from '../clock.js'
import { type PlainMessage, plainMessage } from '../payloads.js'
import type { Answered, RequestOrder, RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { connect, field, raw, unawaited } from './raw.link.js'

/** Asks over the router's stream and hears the answers on a stream of its own, read without a group. */
await serveRole<RoleSettings>(async (settings) => {
  const writer = await connect(settings.redis, { enableAutoPipelining: true })
  const reader = await connect(settings.redis)
  const waiting = new Map<string, () => void>()
  const closing = new AbortController()
  const reading = hear()
  let asked = 0

  async function hear(): Promise<void> {
    for (let last = '0-0'; !closing.signal.aborted;) {
      const read = await reader.xread('COUNT', 200, 'BLOCK', 200, 'STREAMS', raw.reply, last)
      for (const [id, fields] of read?.[0]?.[1] ?? []) {
        last = id
        const { corr } = JSON.parse(field(fields, 'm')) as PlainMessage
        waiting.get(corr)?.()
        waiting.delete(corr)
      }
    }
  }

  function ask(): Promise<void> {
    const message = { ...plainMessage(asked++, { reply: raw.reply }), dst: raw.service }
    const answered = new Promise<void>((resolve) => waiting.set(message.corr, resolve))
    unawaited(writer.xadd(raw.inbox, 'MAXLEN', '~', 10_000, '*', 'm', JSON.stringify(message)))
    return answered
  }

  return {
    async run({ messages, lanes }: RequestOrder): Promise<Answered> {
      const latenciesMs: number[] = []
      const from = clockMs()
      await inLanes(messages, lanes, async () => {
        const askedAt = clockMs()
        await ask()
        latenciesMs.push(clockMs() - askedAt)
      })
      return { tookMs: clockMs() - from, latenciesMs }
    },
    async close() {
      closing.abort()
      await reading
      writer.disconnect()
      reader.disconnect()
    },
  }
})
