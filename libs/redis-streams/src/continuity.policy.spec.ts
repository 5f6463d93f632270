import { describe, expect, it } from 'vitest'
import { type Continuity, lostSince, readContinuity, writeContinuity } from './continuity.policy.js'

const before: Continuity = { runId: 'r1', replicationId: 'h1', epoch: 'e1' }
const intactAtMs = 1_000_000

describe('what Redis may have lost', () => {
  it('is nothing while it is the same', () => {
    expect(lostSince(before, { ...before }, intactAtMs)).toBeUndefined()
  })

  it.each([
    ['a restart', { runId: 'r2' }],
    ['a failover', { replicationId: 'h2' }],
    ['both', { runId: 'r2', replicationId: 'h2' }],
  ])('after %s is what was said since it was seen intact, and some seconds before', (_, change) => {
    expect(lostSince(before, { ...before, ...change }, intactAtMs)).toBe(intactAtMs - 10_000)
  })

  it('is everything that is kept after a lost group or a deleted epoch, or when nobody saw it intact', () => {
    expect(lostSince(before, { ...before, epoch: 'e2' }, intactAtMs)).toBe(0)
    expect(lostSince(before, { ...before, runId: 'r2' }, undefined)).toBe(0)
    expect(lostSince(undefined, before, undefined)).toBe(0)
  })

  it('is told by what was noted, unless the note is none', () => {
    expect(readContinuity(writeContinuity(before))).toEqual(before)
    expect(readContinuity(null)).toBeUndefined()
    expect(readContinuity('r1 h1')).toBeUndefined()
  })
})
