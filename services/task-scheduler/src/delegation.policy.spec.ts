import { allRights, noRights } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import {
  delegatedRights,
  mostDelegations,
  reasonNotToDelegate,
  reasonNotToMount,
} from './delegation.policy.js'
import { runRights, runTimeoutMs } from './run.rights.js'
import { agentConfig } from './scheduler.fixture.js'

const parent = { state: 'running' as const, runId: 'run', cancelReason: null, depth: 1 }
const now = { runId: 'run', maxDepth: 2, delegations: 0 }

describe('a run that hands work on', () => {
  it('may do so while it runs, down to the depth that the settings allow', () => {
    expect(reasonNotToDelegate(parent, now)).toBeUndefined()
    expect(reasonNotToDelegate({ ...parent, state: 'scheduled' }, now)).toBeUndefined()
    expect(reasonNotToDelegate({ ...parent, depth: 2 }, now)?.code).toBe('too-deep')
    expect(reasonNotToDelegate({ ...parent, depth: 0 }, { ...now, maxDepth: 0 })?.code).toBe('too-deep')
    expect(reasonNotToDelegate(parent, { ...now, delegations: mostDelegations })?.code).toBe(
      'too-many-delegations',
    )
  })

  it.each([
    ['no such task', undefined],
    ['a later run', { ...parent, runId: 'other' }],
    ['one that ended', { ...parent, state: 'completed' as const }],
    ['one that is to stop', { ...parent, cancelReason: 'enough' }],
  ])('may not as %s', (_, task) => {
    expect(reasonNotToDelegate(task, now)?.code).toBe('run-ended')
  })
})

describe('the rights of a run', () => {
  it('are those of its task, of these what its agent has', () => {
    const task = {
      rights: {
        functions: ['fs.*'],
        mounts: [{ source: '/data', mode: 'ro' as const }],
        hosts: ['*.org:443'],
        budget: { tokens: 100 },
      },
    }
    const config = agentConfig({
      functions: ['bash', 'fs.read'],
      grants: { hosts: ['a.org:*', 'a.com:443'], budget: { tokens: 500, wallMs: 1_000 } },
    })
    expect(runRights(task, { config })).toEqual({
      functions: ['fs.read'],
      mounts: [{ source: '/data', mode: 'ro' }],
      hosts: ['a.org:443'],
      budget: { tokens: 100, wallMs: 1_000 },
    })
  })

  it('bound its time', () => {
    expect(runTimeoutMs(5_000, noRights)).toBe(5_000)
    expect(runTimeoutMs(5_000, { budget: { wallMs: 100 } })).toBe(100)
    expect(runTimeoutMs(5_000, { budget: { wallMs: 0 } })).toBe(1)
  })
})

describe('what a handed on task may spend', () => {
  const run = { ...allRights, budget: { tokens: 100, costUsd: 1, calls: 9 } }
  const share = (attempts: number, ...earlier: { tokens?: number; calls?: number }[]) =>
    delegatedRights(run, allRights, {
      attempts,
      earlier: earlier.map((budget) => ({ budget, attempts: 2 })),
    }).granted.budget

  it('is what its run may, less what earlier ones were given, over its attempts', () => {
    expect(share(1)).toEqual({ tokens: 100, costUsd: 1, calls: 9 })
    expect(share(2)).toEqual({ tokens: 50, costUsd: 0.5, calls: 4 })
    expect(share(1, { tokens: 20, calls: 1 }, { tokens: 10 })).toEqual({ tokens: 40, costUsd: 1, calls: 7 })
    expect(share(1, { tokens: 90 })).toMatchObject({ tokens: 0 })
  })

  it('is never more in all than the run may, however many there are', () => {
    const earlier: { budget: { tokens: number }; attempts: number }[] = []
    for (const attempts of [3, 1, 2, 4, 1]) {
      const { budget } = delegatedRights(
        run,
        { ...allRights, budget: { tokens: 11 } },
        { attempts, earlier },
      ).granted
      earlier.push({ budget: { tokens: budget.tokens! }, attempts })
    }
    expect(earlier.reduce((sum, one) => sum + one.budget.tokens * one.attempts, 0)).toBeLessThanOrEqual(100)
  })
})

describe('folders for a task', () => {
  it('must lie within what is held, and the refusal names them and what is held', () => {
    const rights = { ...noRights, mounts: [{ source: '/data', mode: 'ro' as const }] }
    expect(reasonNotToMount([{ source: '/data/x', mode: 'ro' }], rights)).toBeUndefined()
    expect(reasonNotToMount([{ source: '/data/x', mode: 'rw' }], rights)).toEqual({
      code: 'right-missing',
      message: 'you may not have /data/x (rw) mounted; you hold /data (ro)',
    })
    expect(reasonNotToMount([{ source: '/', mode: 'ro' }], noRights)?.message).toMatch(/hold no folder/)
  })
})
