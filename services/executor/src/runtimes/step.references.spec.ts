import { describe, expect, it } from 'vitest'
import {
  inputsReferredTo,
  resolveReferences,
  UnknownReferenceError,
  type ReferenceScope,
} from './step.references.js'

const scope: ReferenceScope = {
  parameters: { depth: 3, tags: ['a'], none: null },
  steps: new Map([
    ['scan', { stdout: '12 files\n', stderr: 'warned', truncated: false }],
    ['cut', { stdout: 'begin', stderr: '', truncated: true }],
    ['data', { stdout: '[{"name":"a"}]', stderr: '', truncated: false }],
    [
      'each',
      [
        { stdout: 'a\n\nb\n', stderr: '', truncated: false },
        { stdout: ' c ', stderr: '', truncated: false },
      ],
    ],
    ['none', []],
  ]),
  task: { goal: 'count $(rm -rf /)', inputs: { 'a.b': 1 }, mounts: ['/mnt/src'] },
}

describe('step references', () => {
  it('puts whole values in, of any type and at any depth', () => {
    const value = {
      args: [{ ref: 'parameters.depth' }, { ref: 'task.mounts.0' }, 'plain'],
      env: { TAGS: { ref: 'parameters.tags' }, NONE: { ref: 'parameters.none' } },
      stdin: { ref: 'steps.scan.stdout' },
    }
    expect(resolveReferences(value, scope)).toEqual({
      args: [3, '/mnt/src', 'plain'],
      env: { TAGS: ['a'], NONE: null },
      stdin: '12 files\n',
    })
    expect(resolveReferences({ ref: 'task.inputs.a.b' }, scope)).toBe(1)
    expect(resolveReferences({ ref: 'steps.scan.stderr' }, scope)).toBe('warned')
  })

  it.each([
    ['steps.scan.text', '12 files'],
    ['steps.scan.lines', ['12 files']],
    ['steps.data.json', [{ name: 'a' }]],
    ['steps.each.stdout', ['a\n\nb\n', ' c ']],
    ['steps.each.text', ['a\n\nb', 'c']],
    ['steps.each.lines', ['a', 'b', ' c ']],
    ['steps.none.lines', []],
    ['item', { name: 'x' }],
    ['item.name', 'x'],
    ['index', 7],
  ])('reads %s', (ref, value) => {
    const within = { ...scope, item: { value: { name: 'x' }, index: 7 } }
    expect(resolveReferences({ ref }, within)).toEqual(value)
  })

  it('says when output is no JSON', () => {
    expect(() => resolveReferences({ ref: 'steps.scan.json' }, scope)).toThrow(/something else than JSON/)
  })

  it('leaves text alone, whatever it looks like', () => {
    expect(resolveReferences('{ref: task.goal} ${task.goal}', scope)).toBe('{ref: task.goal} ${task.goal}')
    expect(resolveReferences({ ref: 'task.goal', other: 1 }, scope)).toEqual({ ref: 'task.goal', other: 1 })
  })

  it.each([
    'parameters.nope',
    'parameters.constructor',
    'parameters.__proto__',
    'steps.later.stdout',
    'steps.scan.exitCode',
    'steps.scan.constructor',
    'item',
    'item.name',
    'index',
    'task.mounts.1',
    'task.mounts.length',
    'task.inputs.toString',
    'task',
    'env.HOME',
    '',
  ])('refuses the unknown reference %j', (ref) => {
    expect(() => resolveReferences({ ref }, scope)).toThrow(UnknownReferenceError)
  })

  it('refuses output that was cut, rather than hand on half of it', () => {
    expect(() => resolveReferences({ ref: 'steps.cut.stdout' }, scope)).toThrow(/write a file/)
  })

  it('finds the inputs that steps take directly', () => {
    const steps = [
      {
        id: 'x',
        call: 'bash',
        arguments: { args: [{ ref: 'task.inputs.name' }, { ref: 'parameters.p' }] },
        when: { ref: 'task.inputs.wanted', equals: { ref: 'task.inputs.other' } },
        forEach: { ref: 'task.inputs.files' },
      },
    ]
    expect([...inputsReferredTo(steps)]).toEqual(['name', 'wanted', 'other', 'files'])
  })
})
