import { afterAll, beforeAll, expect, it } from 'vitest'
import { slotOfShard } from './cluster.slot.js'
import { RedisFixture } from './redis.fixture.js'
import { streamKeys } from './stream.keys.js'

let node: RedisFixture

beforeAll(async () => {
  node = await RedisFixture.start(['main'], { 'cluster-enabled': 'yes' })
})
afterAll(() => node.stop())

it.each(['main', '0', 'a', 'shard-with-a-long-name-012345678'])(
  'the slot of shard %s is the one that Redis puts its keys in',
  async (shard) => {
    expect(await node.admin.cluster('KEYSLOT', streamKeys(shard).audit)).toBe(slotOfShard(shard))
  },
)
