import type { SkillSnapshot } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { refuseUnknownInputs, resolveParameters } from './skill.parameters.js'

function skill(parameters?: Record<string, unknown>): SkillSnapshot {
  return {
    id: 'id',
    version: 1,
    name: 'inventory',
    description: '',
    requiredCapabilities: ['bash'],
    promptTemplate: '',
    configuration: { ...(parameters && { parameters }), steps: [] },
    tags: [],
    examples: [],
    files: {},
  }
}
const schema = {
  type: 'object',
  properties: {
    path: { type: 'string', default: { ref: 'task.mounts.0' } },
    depth: { type: 'integer', minimum: 1, default: 2 },
    format: { enum: ['csv', 'json'] },
  },
  required: ['path'],
}
const task = { goal: 'g', inputs: {}, mounts: ['/mnt/src'] }

describe('parameters of a skill', () => {
  it('are the defaults, references among them resolved, overridden by the inputs', () => {
    expect(resolveParameters(skill(schema), task)).toEqual({ path: '/mnt/src', depth: 2 })
    expect(resolveParameters(skill(schema), { ...task, inputs: { depth: 5 } })).toEqual({
      path: '/mnt/src',
      depth: 5,
    })
  })

  it('are none without a schema', () => {
    expect(resolveParameters(skill(), task)).toEqual({})
  })

  it.each([
    [{ depth: '5' }, /"depth" must be integer/],
    [{ depth: 0 }, /"depth" must be >= 1/],
    [{ format: 'xml' }, /"format".*csv, json/],
    [{ path: null }, /"path" must be string/],
  ])('refuse %j and name the parameter', (inputs, message) => {
    expect(() => resolveParameters(skill(schema), { ...task, inputs })).toThrow(
      expect.objectContaining({ code: 'invalid-inputs', message: expect.stringMatching(message) }),
    )
  })

  it('say which input is missing when a default points at nothing', () => {
    expect(() => resolveParameters(skill(schema), { ...task, mounts: [] })).toThrow(
      /needs the input "path".*--mount DIR/,
    )
  })

  it('call an unusable schema the fault of the skill', () => {
    expect(() => resolveParameters(skill({ type: 'nonsense' }), task)).toThrow(
      expect.objectContaining({ code: 'invalid-skill' }),
    )
  })

  it('refuse an input that no skill takes', () => {
    expect(() => refuseUnknownInputs([skill(schema)], { dept: 1 })).toThrow(
      /"dept"; they take path, depth, format/,
    )
    refuseUnknownInputs([skill(schema)], { depth: 1 })
  })
})
