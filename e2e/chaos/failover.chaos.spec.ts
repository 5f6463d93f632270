import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../running.stack.js'
import { readChaosConfig } from './chaos.config.js'
import { RedisProcess } from './redis.process.js'
import { Rig } from './rig.js'
import { endStory } from './story.report.js'

const { seed } = readChaosConfig()
const missedMs = 2_000

let rig: Rig
let replica: RedisProcess

beforeAll(async () => {
  rig = await Rig.start({ seed, hasProxies: true })
  replica = await RedisProcess.start(join(rig.folder, 'replica'))
})
afterAll(async () => {
  await rig?.stop()
  await replica?.stop()
})

describe('a failover to a replica that misses the last two seconds', () => {
  it('loses, doubles and reorders nothing: what was said in them is said again', async () => {
    const startedAt = Date.now()
    await replica.follow(rig.redis)
    rig.setLoad(60)
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await until(async () => /master_link_status:up/.test(await replica.admin.info('replication')), 'in step')
    await replica.admin.replicaof('NO', 'ONE')
    const saidBefore = await rig.ledger.said()
    await new Promise((resolve) => setTimeout(resolve, missedMs))
    const missed = (await rig.ledger.said()) - saidBefore
    await rig.failOverTo(replica)
    const failedOverAt = Date.now()
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    rig.setLoad(0)
    await rig.untilQuiet(30_000)
    const tookMs = Math.round(await rig.ledger.answeredAfterMs(failedOverAt))
    expect(missed).toBeGreaterThan(0)
    const notes = [`${missed} messages missed`, `recovered after ${tookMs} ms`]
    await endStory(rig, { story: 'failover', seed, startedAt, kills: 1, notes })
  })
})
