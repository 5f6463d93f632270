import { atRate, clockMs, inLanes } from '../clock.js'
import { plainMessage } from '../payloads.js'
import type { RoleSettings, SendOrder, Sent } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'
import { connect, raw, sign, unawaited } from './raw.link.js'

/** XADD of signed messages, a pipeline for each batch, nothing else. */
await serveRole<RoleSettings>(async (settings) => {
  const redis = await connect(settings.redis)
  const fieldsOf = (index: number) => {
    const message = JSON.stringify(plainMessage(index))
    return ['m', message, 's', sign(message), 't', String(clockMs())]
  }
  return {
    async run({ messages, pace }: SendOrder): Promise<Sent> {
      const firstAtMs = clockMs()
      if ('perSecond' in pace) {
        await atRate(messages, pace.perSecond, (index) => {
          const added = redis.xadd(raw.inbox, '*', ...fieldsOf(index))
          unawaited(added)
          return added
        })
      } else {
        const { lanes, batch } = pace
        await inLanes(Math.ceil(messages / batch), lanes, (number) => {
          const pipeline = redis.pipeline()
          const end = Math.min(messages, (number + 1) * batch)
          for (let index = number * batch; index < end; index += 1)
            pipeline.xadd(raw.inbox, '*', ...fieldsOf(index))
          return pipeline.exec()
        })
      }
      return { firstAtMs }
    },
    close: () => Promise.resolve(redis.disconnect()),
  }
})
