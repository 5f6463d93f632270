import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stateDirAt, writeAccessList } from '@guildhall/local-stack'
import { streamKeys } from '@guildhall/redis-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ledger } from './ledger.js'
import { RedisCluster } from './redis.cluster.js'
import { RunningStack, until } from './running.stack.js'

// Their slots lie on all three primaries.
const shards = ['a', 'b', 'c', 'd']
let cluster: RedisCluster | undefined
let guildhall: RunningStack
let ledger: Ledger
let fromId: string

beforeAll(async () => {
  guildhall = await RunningStack.start({
    shards,
    startRedis: async (stateDir) => {
      const dir = stateDirAt(stateDir)
      const aclFile = await writeAccessList(dir, shards)
      cluster = await RedisCluster.start(3, aclFile, readFileSync(join(dir.secrets, 'admin.redis'), 'utf8'))
      return cluster.url
    },
  })
  ledger = await Ledger.open(guildhall)
  fromId = await guildhall.client.position()
}, 120_000)
afterAll(async () => {
  await guildhall.stop()
  await cluster?.stop()
})

async function runAll(lines: string[]) {
  return Promise.all(
    lines.map(async (line) => {
      const { taskId } = await guildhall.client.submit(ledger.task(line), {
        idempotencyKey: line,
        timeoutMs: 60_000,
      })
      return { line, ...(await guildhall.follow(taskId, fromId)).task }
    }),
  )
}

const named = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name} ${n}`)

function expectAllDoneOnce(tasks: Awaited<ReturnType<typeof runAll>>): void {
  for (const { line, state, result, error } of tasks) {
    expect({ line, state, result, error }).toMatchObject({ state: 'completed', result: 'appended' })
    expect(ledger.timesOf(line), line).toBe(1)
  }
}

describe('a stack over a Redis Cluster', () => {
  it('does its tasks in shards on every primary', async () => {
    expectAllDoneOnce(await runAll(named('at peace', 8)))
    const homes = await Promise.all(
      shards.map(async (shard) => (await cluster?.primaryOf(streamKeys(shard).audit))?.port),
    )
    expect(new Set(homes).size).toBe(3)
  }, 90_000)

  it('loses no task and does none twice when a primary is killed and its replica takes over', async () => {
    const lines = named('before the kill', 6)
    const before = runAll(lines)
    await until(() => lines.some((line) => ledger.timesOf(line) > 0), 'a task has acted')
    const key = streamKeys('a').audit
    const victim = await cluster?.primaryOf(key)
    if (!victim) throw new Error('no node serves shard a')
    await cluster?.kill(victim)
    const during = runAll(named('while nobody serves it', 6))
    await until(async () => {
      const promoted = await cluster?.primaryOf(key)
      return promoted !== undefined && promoted.port !== victim.port
    }, 'the replica was promoted')
    const after = runAll(named('after the failover', 6))
    expectAllDoneOnce([...(await before), ...(await during), ...(await after)])
  }, 120_000)
})
