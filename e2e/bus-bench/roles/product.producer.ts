import { createEnvelope, type Envelope, TaskRun, messageOf } from '@guildhall/contracts'
import { BusyError, StreamPublisher } from '@guildhall/redis-streams'
import { inSpan } from '@guildhall/service-defaults'
import { atRate, clockMs, inLanes } from '../clock.js'
import { taskRun } from '../payloads.js'
import type { RoleSettings, SendOrder, Sent } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'

const service = 'task-scheduler'
const { type } = messageOf(TaskRun)
const busyPauseMs = 5

/** The task-scheduler's mouth: says `task.run` as a service does, each message in the trace of what caused it. */
await serveRole<RoleSettings>((settings) => {
  const publisher = new StreamPublisher({ connection: settings.redis, shards: [settings.shard], service })
  return Promise.resolve({
    run: (order: SendOrder) => send(publisher, order),
    close: () => publisher.close(),
  })
})

async function send(publisher: StreamPublisher, { messages, pace }: SendOrder): Promise<Sent> {
  const firstAtMs = clockMs()
  if ('perSecond' in pace) {
    await atRate(messages, pace.perSecond, () =>
      inSpan('say', {}, () => publishUntilTaken(publisher, [newMessage()])),
    )
  } else {
    const { lanes, batch } = pace
    await inLanes(Math.ceil(messages / batch), lanes, (index) =>
      inSpan('say', {}, () => {
        const count = Math.min(batch, messages - index * batch)
        return publishUntilTaken(publisher, Array.from({ length: count }, newMessage))
      }),
    )
  }
  return { firstAtMs }
}

function newMessage(): Envelope {
  const run = taskRun(clockMs())
  return createEnvelope(type, run, `/services/${service}`, { tenant: 'local', subject: run.taskId })
}

/** A full bus says so; whoever has more to say waits. */
async function publishUntilTaken(publisher: StreamPublisher, envelopes: Envelope[]): Promise<void> {
  for (;;) {
    try {
      await publisher.publish(envelopes)
      return
    } catch (error) {
      if (!(error instanceof BusyError)) throw error
      await new Promise((resolve) => setTimeout(resolve, busyPauseMs))
    }
  }
}
