import { StateFound, StateGet } from '@guildhall/contracts'
import { StreamPublisher, StreamRequester } from '@guildhall/redis-streams'
import { inSpan } from '@guildhall/service-defaults'
import { clockMs, inLanes } from '../clock.js'
import { stateKey } from '../payloads.js'
import type { Answered, RequestOrder, RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'

const service = 'task-scheduler'

/** The task-scheduler asks the executor as services ask each other, each time in the trace of what caused it. */
await serveRole<RoleSettings>(({ redis: connection, shard }) => {
  const bus = { connection, shards: [shard], service }
  const publisher = new StreamPublisher(bus)
  const requester = new StreamRequester({ ...bus, publisher })
  return Promise.resolve({
    run: (order: RequestOrder) => ask(requester, order),
    async close() {
      await requester.close()
      await publisher.close()
    },
  })
})

async function ask(requester: StreamRequester, { messages, lanes }: RequestOrder): Promise<Answered> {
  const latenciesMs: number[] = []
  const from = clockMs()
  await inLanes(messages, lanes, async () => {
    const askedAt = clockMs()
    const options = { tenant: 'local', deadlineMs: 60_000 }
    const { value } = await inSpan('ask', {}, () =>
      requester.request<StateGet, StateFound>(StateGet, { key: stateKey }, options),
    )
    if (value.key !== stateKey) throw new Error('the answer is to another question')
    latenciesMs.push(clockMs() - askedAt)
  })
  return { tookMs: clockMs() - from, latenciesMs }
}
