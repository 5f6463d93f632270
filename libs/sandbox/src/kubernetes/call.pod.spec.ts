import { describe, expect, it } from 'vitest'
import { endOf, isOver, isRunning, type PodDocument, whatItWaitsFor, whyHopeless } from './call.pod.js'

type Status = NonNullable<PodDocument['status']>
type State = NonNullable<NonNullable<Status['containerStatuses']>[number]['state']>

const pod = (state: State | undefined, status: Status = {}): PodDocument => ({
  metadata: { name: 'p' },
  spec: { nodeName: 'n1' },
  status: { phase: 'Pending', ...status, ...(state !== undefined && { containerStatuses: [{ state }] }) },
})

describe('a pod of a call', () => {
  it('runs, or is over, when its node says so', () => {
    expect([isRunning(pod({ running: {} })), isOver(pod({ running: {} }))]).toEqual([true, false])
    expect(isOver(pod({ terminated: { exitCode: 0 } }))).toBe(true)
    expect(isOver(pod(undefined, { phase: 'Failed' }))).toBe(true)
    expect([isRunning(pod(undefined)), isOver(pod(undefined))]).toEqual([false, false])
  })

  it.each([
    [
      { waiting: { reason: 'ErrImageNeverPull', message: 'not present' } },
      {},
      'ErrImageNeverPull: not present',
    ],
    [{ waiting: { reason: 'CreateContainerConfigError' } }, {}, /CreateContainerConfigError/],
    [undefined, { phase: 'Failed', reason: 'Evicted', message: 'low on memory' }, 'Evicted: low on memory'],
  ] as const)('is hopeless with %j %j', (state, status, expected) => {
    expect(whyHopeless(pod(state, status))).toMatch(expected)
  })

  it('is not hopeless while its image is fetched, or when it has ended', () => {
    expect(whyHopeless(pod({ waiting: { reason: 'ContainerCreating' } }))).toBeUndefined()
    expect(whyHopeless(pod({ terminated: { exitCode: 1 } }, { phase: 'Failed' }))).toBeUndefined()
  })

  it('tells what it waits for', () => {
    const message = '0/1 nodes are available: 1 Insufficient memory.'
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }]
    expect(whatItWaitsFor(pod(undefined, { conditions }))).toBe(`no node takes its pod: ${message}`)
    expect(whatItWaitsFor(undefined)).toContain('quota')
    expect(whatItWaitsFor(pod({ waiting: { reason: 'ContainerCreating' } }))).toContain(
      'on n1: ContainerCreating',
    )
  })

  it.each([
    [{ exitCode: 137, reason: 'OOMKilled' }, {}, { ending: 'memory' }],
    [{ exitCode: 137, reason: 'Error' }, {}, { exitCode: 137 }],
    [
      { exitCode: 143 },
      { reason: 'DeadlineExceeded', message: 'too long' },
      { detail: 'DeadlineExceeded: too long' },
    ],
    [undefined, { phase: 'Failed' }, { ending: 'sandbox-failed' }],
  ] as const)(
    'whose first process said nothing ended as its node says: %j %j',
    (terminated, status, expected) => {
      expect(endOf(pod(terminated && { terminated }, status))).toMatchObject(expected)
    },
  )
})
