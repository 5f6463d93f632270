import type { StepCondition } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { conditionsHold } from './step.conditions.js'
import { type ReferenceScope, UnknownReferenceError } from './step.references.js'

const scope: ReferenceScope = {
  parameters: { depth: 3, format: 'csv', formats: ['csv', 'json'], none: null },
  steps: new Map([['probe', { stdout: 'yes\n', stderr: '', truncated: false }]]),
  task: { goal: 'go', inputs: {}, mounts: [] },
  item: { value: { name: 'a', sizes: [1, 2] }, index: 0 },
}

describe('conditions of a step', () => {
  it.each<[boolean, StepCondition | StepCondition[] | undefined]>([
    [true, undefined],
    [true, { ref: 'parameters.depth', equals: 3 }],
    [false, { ref: 'parameters.depth', equals: '3' }],
    [true, { ref: 'parameters.none', equals: null }],
    [true, { ref: 'steps.probe.text', equals: 'yes' }],
    [false, { ref: 'steps.probe.stdout', equals: 'yes' }],
    [true, { ref: 'item.sizes', equals: [1, 2] }],
    [true, { ref: 'parameters.depth', notEquals: '3' }],
    [false, { ref: 'parameters.depth', notEquals: 3 }],
    [true, { ref: 'parameters.format', in: { ref: 'parameters.formats' } }],
    [false, { ref: 'parameters.format', in: ['xml', 'json'] }],
    [false, { ref: 'parameters.format', in: { ref: 'parameters.depth' } }],
    [true, { ref: 'task.mounts.0', exists: false }],
    [true, { ref: 'parameters.none', exists: true }],
    [false, { ref: 'steps.left-out.stdout', exists: true }],
    [
      false,
      [
        { ref: 'parameters.depth', equals: 3 },
        { ref: 'task.goal', equals: 'stay' },
      ],
    ],
    [
      true,
      [
        { ref: 'parameters.depth', equals: 3 },
        { ref: 'index', equals: 0 },
      ],
    ],
  ])('are %s: %j', (isTrue, when) => {
    expect(conditionsHold(when, scope)).toBe(isTrue)
  })

  it('cannot compare what is not there', () => {
    expect(() => conditionsHold({ ref: 'steps.left-out.text', equals: '' }, scope)).toThrow(
      UnknownReferenceError,
    )
  })
})
