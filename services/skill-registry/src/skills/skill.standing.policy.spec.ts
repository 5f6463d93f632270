import { describe, expect, it } from 'vitest'
import { problemOfChange, shownVersion, type Standing } from './skill.standing.policy.js'

const standing = (over: Partial<Standing> = {}): Standing => ({
  name: 'csv',
  newestVersion: 3,
  pinnedVersion: null,
  retiredAt: null,
  ...over,
})
const retired = standing({ retiredAt: new Date(0) })

describe('the standing of a skill', () => {
  it('hands out the pinned version, else the newest', () => {
    expect(shownVersion(standing())).toBe(3)
    expect(shownVersion(standing({ pinnedVersion: 1 }))).toBe(1)
  })

  it('lets an active skill be pinned, unpinned and retired, pinned or not', () => {
    for (const pinnedVersion of [null, 1])
      for (const change of ['pin', 'unpin', 'retire'] as const)
        expect(problemOfChange(standing({ pinnedVersion }), change)).toBeUndefined()
  })

  it('rolls nothing back that nobody would get', () => {
    expect(problemOfChange(standing(), 'roll-back')).toBeUndefined()
    expect(problemOfChange(standing({ pinnedVersion: 1 }), 'roll-back')).toMatchObject({
      code: 'skill-pinned',
      message: expect.stringMatching(/^csv is pinned to v1: unpin it first/) as string,
    })
  })

  it.each(['pin', 'unpin', 'roll-back', 'retire'] as const)('refuses to %s a retired skill', (change) => {
    expect(problemOfChange(retired, change)).toMatchObject({ code: 'skill-retired' })
  })
})
