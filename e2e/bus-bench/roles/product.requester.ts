import { setTimeout as sleep } from 'node:timers/promises'
import { GuildhallClient } from '@guildhall/client'
import { PolicyFound, PolicyGet, PolicySet, PolicyStored, StateFound, StateGet } from '@guildhall/contracts'
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
await serveRole<RequesterSettings>(async ({ redis, shard, client: id, token, replyStream }) => {
  const client = new GuildhallClient({ redis, shards: [shard], client: id, token, replyStream })
  await liftLimits(client)
  return {
    run: (order: RequestOrder) => ask(client, order),
    close: () => client.close(),
  }
})

/** Lets clients ask as often as the bus can carry: by default the router refuses what a single one hardly says. */
async function liftLimits(client: GuildhallClient): Promise<void> {
  const { value } = await client.request(PolicyGet, {}, PolicyFound)
  const limits = { ratePerSecond: 1_000_000, burst: 1_000_000 }
  const rules = { perClient: limits, perTenant: limits }
  await client.request(PolicySet, { expectedVersion: value.policy.version, rules }, PolicyStored)
  // Routers read it every half second.
  await sleep(1_000)
}

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
