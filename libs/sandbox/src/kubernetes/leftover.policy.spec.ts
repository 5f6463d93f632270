import { describe, expect, it } from 'vitest'
import type { JobDocument } from './cluster.js'
import { isLeftOver } from './leftover.policy.js'

const now = new Date('2030-01-01T12:00:00Z')
const sweeper = { now, machine: 'here', isDead: (owner: string) => owner.startsWith('dead') }
const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1_000).toISOString()

const job = (owner: string, machine: string, createdAgo: number, finishedAgo?: number): JobDocument => ({
  metadata: {
    name: 'j',
    labels: { 'guildhall.owner': owner, 'guildhall.machine': machine },
    creationTimestamp: ago(createdAgo),
  },
  spec: { activeDeadlineSeconds: 100 },
  status: {
    conditions:
      finishedAgo === undefined
        ? []
        : [{ type: 'Failed', status: 'True', lastTransitionTime: ago(finishedAgo) }],
  },
})

describe('a Job', () => {
  it('of a dead process of this machine is left over, of a living one not', () => {
    expect(isLeftOver(job('dead-1', 'here', 1), sweeper)).toBe(true)
    expect(isLeftOver(job('alive-1', 'here', 1), sweeper)).toBe(false)
  })

  it('of another machine is left over a minute after its end, or after its last moment', () => {
    expect(isLeftOver(job('dead-1', 'there', 1), sweeper)).toBe(false)
    expect(isLeftOver(job('alive-1', 'there', 90, 59), sweeper)).toBe(false)
    expect(isLeftOver(job('alive-1', 'there', 90, 61), sweeper)).toBe(true)
    expect(isLeftOver(job('alive-1', 'there', 159), sweeper)).toBe(false)
    expect(isLeftOver(job('alive-1', 'there', 161), sweeper)).toBe(true)
  })
})
