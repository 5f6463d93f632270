import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Bus, say } from './bus.fixture.js'
import { slotOfShard } from './cluster.slot.js'
import { loadFunctionLibrary } from './function.loading.js'
import { RedisFixture, shard, until } from './redis.fixture.js'
import { RedisLink } from './redis.link.js'
import { reactionTo, redisReactions } from './redis.reactions.js'

let redis: RedisFixture
let bus: Bus
let heard: number[]
const cleanUps: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  redis = await RedisFixture.start()
  bus = new Bus(redis)
  heard = []
})
afterEach(async () => {
  await bus.stop()
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  await redis.stop()
})

/** What Redis really answers to the command of a service, and what the table says about it. */
async function answerTo(
  node: RedisFixture,
  ...command: string[]
): Promise<{ text: string; reaction?: string }> {
  const [name = '', ...rest] = command
  const error: unknown = await node.admin.call(name, ...rest).catch((thrown: unknown) => thrown)
  const text = error instanceof Error ? error.message : `no error: ${String(error)}`
  return { text, ...(reactionTo(text) && { reaction: reactionTo(text)?.reaction ?? '' }) }
}

const work = (n: number) => say('test.work', { n }, 'task-scheduler')
const add = ['XADD', 'gh:{test}:probe', '*', 'a', 'b']

async function startFlow() {
  await bus.relay()
  await bus.server('executor', { 'test.work': ({ n }: { n: number }) => void heard.push(n) })
  const publisher = bus.publisher('task-scheduler')
  await publisher.publish([work(0)])
  await until(() => heard.includes(0))
  return publisher
}

async function another(settings: Record<string, string>): Promise<RedisFixture> {
  const node = await RedisFixture.start([shard], settings)
  cleanUps.push(() => node.stop())
  return node
}

describe('the flow goes on by itself after', () => {
  it.each<[string, string, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      'OOM',
      'stop-writing',
      () => redis.admin.config('SET', 'maxmemory', '1'),
      () => redis.admin.config('SET', 'maxmemory', '0'),
    ],
    [
      'NOREPLICAS',
      'stop-writing',
      () => redis.admin.config('SET', 'min-replicas-to-write', '1'),
      () => redis.admin.config('SET', 'min-replicas-to-write', '0'),
    ],
    [
      'READONLY',
      'look-again',
      () => redis.admin.call('REPLICAOF', '127.0.0.1', '1'),
      () => redis.admin.call('REPLICAOF', 'NO', 'ONE'),
    ],
    [
      'MASTERDOWN',
      'look-again',
      async () => {
        await redis.admin.config('SET', 'replica-serve-stale-data', 'no')
        await redis.admin.call('REPLICAOF', '127.0.0.1', '1')
      },
      () => redis.admin.call('REPLICAOF', 'NO', 'ONE'),
    ],
    [
      'MISCONF',
      'stop-writing',
      async () => {
        await redis.admin.config('SET', 'save', '3600 1')
        await redis.blockSnapshots()
        await redis.admin.bgsave()
        await until(async () =>
          (await redis.admin.info('persistence')).includes('rdb_last_bgsave_status:err'),
        )
      },
      async () => {
        await redis.admin.config('SET', 'save', '')
      },
    ],
  ])('%s, to which the reaction is: %s', async (answer, reaction, begin, end) => {
    const publisher = await startFlow()
    await begin()
    const command = answer === 'MASTERDOWN' ? ['XLEN', 'gh:{test}:probe'] : add
    expect(await answerTo(redis, ...command)).toMatchObject({
      text: expect.stringMatching(`^${answer}`) as string,
      reaction,
    })
    const saying = (async () => {
      for (;;)
        try {
          return await publisher.publish([work(1)])
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
    })()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(heard).not.toContain(1)
    await end()
    await saying
    await until(() => heard.includes(1))
  })

  it('a function library that is missing for a while', async () => {
    const publisher = await startFlow()
    await redis.admin.call('FUNCTION', 'FLUSH')
    expect(await answerTo(redis, 'FCALL', 'gh_renew', '1', 'x', 'g', 'c')).toMatchObject({ reaction: 'wait' })
    expect(await answerTo(redis, 'EVALSHA', '0'.repeat(40), '0')).toMatchObject({ reaction: 'wait' })
    const saying = publisher.publish([work(1)])
    await new Promise((resolve) => setTimeout(resolve, 300))
    await loadFunctionLibrary(redis.as('admin'))
    await saying
    await until(() => heard.includes(1))
  })

  it('UNBLOCKED and NOGROUP, when its stream is deleted while it is read', async () => {
    const publisher = await startFlow()
    const stream = bus.keys.to('executor')
    const reader = redis.admin.duplicate()
    cleanUps.push(async () => reader.disconnect())
    const reading = reader
      .call('XREADGROUP', 'GROUP', 'executor', 'probe', 'BLOCK', '5000', 'STREAMS', stream, '>')
      .catch((thrown: unknown) => thrown)
    await until(async () => String(await redis.admin.client('LIST')).includes('cmd=xreadgroup'))
    await redis.admin.del(stream)
    expect(reactionTo(String(((await reading) as Error).message))).toMatchObject({ reaction: 'make-group' })
    await publisher.publish([work(1)])
    await until(() => heard.includes(1), 5_000)
  })

  it('LOADING, when Redis comes back with much to read', async () => {
    const publisher = await startFlow()
    // While it reads its append-only file, Redis answers once every 1,024 commands: here some eight times in two seconds.
    const commands = 8_000
    for (let n = 0; n < commands; n += 1)
      redis.admin.xadd('gh:{test}:much', '*', 'n', String(n)).catch(() => {})
    await until(async () => (await redis.admin.xlen('gh:{test}:much')) === commands)
    await redis.kill()
    redis.settings['key-load-delay'] = '250'
    const launched = redis.launch()
    const seen: string[] = []
    const link = new RedisLink(redis.as('executor'), 'probe', { shard })
    cleanUps.push(() => link.close())
    const deadline = Date.now() + 15_000
    while (!seen.some((text) => text.includes('LOADING')) && Date.now() < deadline) {
      seen.push(await link.run((client) => client.ping()).catch((error: unknown) => String(error)))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(seen.find((text) => text.includes('LOADING'))).toContain('UnavailableError')
    await launched
    await publisher.publish([work(1)])
    await until(() => heard.includes(1))
  })
})

describe('in a cluster', () => {
  it('CLUSTERDOWN and MOVED are reasons to look again where the shard is', async () => {
    const settings = { 'cluster-enabled': 'yes', 'cluster-require-full-coverage': 'no' }
    const [one, other] = [await another(settings), await another(settings)]
    const connection = {
      ...one.as('task-scheduler'),
      clusterNodes: [one, other].map(({ port }) => ({ host: '127.0.0.1', port })),
    }
    expect(await answerTo(one, ...add)).toMatchObject({
      text: expect.stringContaining('CLUSTERDOWN') as string,
      reaction: 'look-again',
    })
    const link = new RedisLink(connection, 'probe', { shard })
    cleanUps.push(() => link.close())
    const mouth = bus.keys.from('task-scheduler')
    const send = () => link.run((client) => client.xadd(mouth, '*', 'a', 'b'))
    await expect(send()).rejects.toThrow('No node of the cluster serves the shard')
    const slot = slotOfShard(shard)
    await one.admin.call('CLUSTER', 'ADDSLOTS', slot)
    await other.admin.call('CLUSTER', 'MEET', '127.0.0.1', one.port)
    await until(async () => (await other.admin.cluster('SLOTS')).length === 1)
    await until(() => send().then(Boolean, () => false))
    await until(async () => (await answerTo(other, ...add)).text.startsWith('MOVED'))
    expect(await answerTo(other, ...add)).toMatchObject({ reaction: 'look-again' })
    // The slot goes to the other node; the link learns it from the refusal of the first.
    await one.admin.del(mouth)
    const id = String(await other.admin.cluster('MYID'))
    await other.admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', id)
    await one.admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', id)
    await expect(send()).rejects.toThrow('MOVED')
    await until(() => send().then(Boolean, () => false))
    expect(await other.admin.xlen(mouth)).toBe(1)
  })
})

it('what no repetition helps against says what to do', async () => {
  const run = (user: { username?: string; password?: string }, work: 'ping' | 'keys') => {
    const link = new RedisLink({ ...redis.as('executor'), ...user }, 'probe', { shard })
    cleanUps.push(() => link.close())
    return link.run((client) => client.call(work, ...(work === 'keys' ? ['*'] : [])))
  }
  await expect(run({ password: 'wrong' }, 'ping')).rejects.toMatchObject({ name: 'RefusedByRedisError' })
  await expect(run({}, 'keys')).rejects.toThrow('render and load it again')
})

it('no error has two rows', () => {
  const answers = redisReactions.map(({ answer }) => answer)
  expect(new Set(answers).size).toBe(answers.length)
})
