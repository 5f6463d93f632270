import type { AuditEntry } from '@guildhall/redis-streams'
import { describe, expect, it } from 'vitest'
import { inBlocks, packBlock, unpackHeads } from './audit.block.js'

const header = { id: 'x', type: 'task.submit', source: '/clients/anna', tenant: 'acme', extension: [1] }
const stamp = { verdict: 'allowed', at: '2025-11-22T08:00:00.123Z', deliveredTo: ['to:task-scheduler'] }

function entryOf(data: string): AuditEntry {
  const texts = { event: JSON.stringify(header), stampText: JSON.stringify(stamp) }
  return { shard: 'main', entryId: '1-1', header, stamp, data, ...texts } as unknown as AuditEntry
}

describe('a block', () => {
  it('holds header and stamp of each entry as they came, and hash and size of its payload', async () => {
    const { heads } = await packBlock([entryOf('{"goal":"é"}'), entryOf('no "JSON')])
    const sha256 = '44cebd9870cc2ea5a81bdade08e5a1c6ecc70fdf4817c39937c5b46797867959'
    expect(await unpackHeads(heads)).toEqual([
      [header, stamp, sha256, 13],
      [header, stamp, expect.stringMatching(/^[0-9a-f]{64}$/), 8],
    ])
  })

  it('takes entries in their order, and no more than can be read at once', () => {
    const [small, large] = [entryOf('{}'), entryOf('x'.repeat(600_000))]
    expect(inBlocks([small, large, small, large, large]).map((block) => block.length)).toEqual([3, 1, 1])
    expect(inBlocks(Array<AuditEntry>(1_100).fill(small)).map((block) => block.length)).toEqual([
      512, 512, 76,
    ])
    expect(inBlocks([entryOf('x'.repeat(3_000_000))])).toHaveLength(1)
    expect(inBlocks([])).toEqual([])
  })
})
