import { RequestError } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { stepsIn } from './script.steps.js'

const read = (...steps: object[]) => stepsIn(steps, ['bash'], new Set(['files', 'format']))
const probe = { id: 'probe', call: 'bash', arguments: { command: 'ls' } }
const step = (over: object) => ({ id: 'work', call: 'bash', arguments: {}, ...over })

describe('the steps of a script', () => {
  it('may have conditions and go through lists', () => {
    const conditional = step({ when: { ref: 'parameters.format', in: ['json', 'csv'] } })
    const several = step({
      when: [
        { ref: 'steps.probe.text', notEquals: '' },
        { ref: 'task.mounts.0', exists: true },
      ],
    })
    const loop = step({
      forEach: { ref: 'steps.probe.lines' },
      when: { ref: 'item', notEquals: { ref: 'parameters.format' } },
      arguments: { args: [{ ref: 'item' }, { ref: 'item.name' }, { ref: 'index' }] },
    })
    const listed = step({ forEach: ['a', { ref: 'parameters.format' }] })
    for (const given of [conditional, several, loop, listed])
      expect(read(probe, given)).toEqual([probe, given])
  })

  it.each([
    ['a condition that is none', { when: 'always' }, /steps\[1\]\.when must be a condition such as/],
    [
      'a condition without comparison',
      { when: { ref: 'task.goal' } },
      /with one of equals, notEquals, in, exists/,
    ],
    ['a condition with two', { when: { ref: 'task.goal', equals: 1, exists: true } }, /with one of/],
    ['an unknown comparison', { when: { ref: 'task.goal', matches: 'x' } }, /with one of/],
    ['no conditions', { when: [] }, /a list of 1 to 20/],
    [
      'a condition on nothing known',
      { when: [{ ref: 'steps.later.text', equals: 1 }] },
      /when\[0\]: .*no earlier step/,
    ],
    [
      'a comparison with nothing known',
      { when: { ref: 'task.goal', equals: { ref: 'x' } } },
      /when\.equals: .*no known form/,
    ],
    [
      'a question of existence without yes or no',
      { when: { ref: 'task.goal', exists: 'x' } },
      /exists must be true or false/,
    ],
    ['membership in no list', { when: { ref: 'task.goal', in: 'abc' } }, /when\.in must be a list/],
    [
      'a loop through a text',
      { forEach: 'abc' },
      /forEach must be a list of at most 1000 items, or a reference/,
    ],
    ['a loop through more than there may be', { forEach: Array(1_001).fill(1) }, /at most 1000/],
    ['a loop through its own items', { forEach: { ref: 'item' } }, /forEach: .*for steps with forEach/],
    ['an item without a loop', { arguments: { a: { ref: 'item' } } }, /"item" is for steps with forEach/],
    ['a part of a step that is none', { arguments: { a: { ref: 'steps.probe.exitCode' } } }, /no known form/],
  ])('may not have %s', (_, over, message) => {
    const refused = () => read(probe, step(over))
    expect(refused).toThrow(RequestError)
    expect(refused).toThrow(message)
  })
})
