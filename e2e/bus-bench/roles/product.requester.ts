import { GuildhallClient } from '@guildhall/client'
import { StateFound, StateGet } from '@guildhall/contracts'
import { clockMs, inLanes } from '../clock.js'
import { stateKey } from '../payloads.js'
import type { Answered, RequestOrder, RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'

export interface RequesterSettings extends RoleSettings {
  client: string
  token: string
  replyStream: string
}

/** Asks the executor through the router: gateway, ear of the executor, its mouth, reply stream. */
await serveRole<RequesterSettings>(({ redis, shard, client: id, token, replyStream }) => {
  const client = new GuildhallClient({ redis, shards: [shard], client: id, token, replyStream })
  return Promise.resolve({
    run: (order: RequestOrder) => ask(client, order),
    close: () => client.close(),
  })
})

async function ask(client: GuildhallClient, { messages, lanes }: RequestOrder): Promise<Answered> {
  const latenciesMs: number[] = []
  const from = clockMs()
  await inLanes(messages, lanes, async () => {
    const askedAt = clockMs()
    await client.request(StateGet, { key: stateKey }, StateFound, { timeoutMs: 60_000 })
    latenciesMs.push(clockMs() - askedAt)
  })
  return { tookMs: clockMs() - from, latenciesMs }
}
