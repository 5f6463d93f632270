import { describe, expect, it } from 'vitest'
import {
  type Continuity,
  type ContinuityNote,
  lostSince,
  nextNote,
  readNote,
  writeNote,
} from './continuity.policy.js'

const first: Continuity = { runId: 'r1', replicationId: 'h1', epoch: 'e1' }
const second = { ...first, runId: 'r2' }
const third = { ...first, runId: 'r3' }
const marginMs = 2_000
const note = (seen: Continuity, intactAtMs: number, ...before: ContinuityNote[]): ContinuityNote =>
  nextNote(
    before.reduceRight<ContinuityNote | undefined>(
      (found, one) => nextNote(found, one.seen, one.intactAtMs),
      undefined,
    ),
    seen,
    intactAtMs,
  )
const atFirst = note(first, 100_000)

describe('what Redis may have lost', () => {
  it('is nothing while it is the same', () => {
    expect(lostSince(atFirst, note(first, 101_000), { ...first })).toBeUndefined()
  })

  it.each([
    ['a restart', { runId: 'r2' }],
    ['a failover', { replicationId: 'h2' }],
    ['both', { runId: 'r2', replicationId: 'h2' }],
  ])(
    'after %s is what was said since the last note that is still there, and a moment before',
    (_, change) => {
      // It had written later ones, which are lost too.
      const known = note(first, 105_000)
      expect(lostSince(known, atFirst, { ...first, ...change })).toBe(100_000 - marginMs)
    },
  )

  it('is the same for the next process of a service of which nobody was there, and for those that look later', () => {
    expect(lostSince(atFirst, atFirst, second)).toBe(100_000 - marginMs)
    const byAnother = note(second, 110_000, atFirst)
    expect(lostSince(note(first, 105_000), byAnother, second)).toBe(100_000 - marginMs)
    const afterTwo = note(third, 120_000, byAnother, atFirst)
    expect(lostSince(note(first, 105_000), afterTwo, third)).toBe(100_000 - marginMs)
    expect(lostSince(byAnother, afterTwo, third)).toBe(110_000 - marginMs)
  })

  it('goes back to the last history that both know, when this process alone saw one in between', () => {
    const alone = note(second, 115_000, atFirst)
    const others = note(third, 120_000, atFirst)
    expect(lostSince(alone, others, third)).toBe(100_000 - marginMs)
    expect(lostSince(alone, atFirst, third)).toBe(100_000 - marginMs)
  })

  it('is everything that is kept after a lost group or a deleted epoch, or when no note tells since when', () => {
    expect(lostSince(atFirst, atFirst, { ...first, epoch: 'e2' })).toBe(0)
    expect(lostSince(undefined, undefined, first)).toBe(0)
    expect(lostSince(atFirst, undefined, second)).toBe(0)
    expect(lostSince(atFirst, note(second, 110_000), second)).toBe(0)
    expect(lostSince(readNote('r1 h1 e1'), readNote('r1 h1 e1'), second)).toBe(0)
  })
})

describe('the note', () => {
  it('can be kept as a text, and a text that is none is no note', () => {
    const kept = note(third, 120_000, note(second, 110_000), atFirst)
    expect(readNote(writeNote(kept))).toEqual(kept)
    expect(kept.ended.map(({ runId }) => runId)).toEqual(['r2', 'r1'])
    expect(readNote(null)).toBeUndefined()
    expect(readNote('r1 h1')).toBeUndefined()
  })

  it('renews the time of the history that lasts, and forgets those that ended long ago', () => {
    expect(nextNote(atFirst, first, 101_000)).toEqual(note(first, 101_000))
    let growing: ContinuityNote | undefined
    for (let n = 0; n < 40; n += 1) growing = nextNote(growing, { ...first, runId: `r${n}` }, n)
    expect(growing?.ended).toHaveLength(16)
    expect(growing?.ended[0]).toMatchObject({ runId: 'r38', intactAtMs: 38 })
  })
})
