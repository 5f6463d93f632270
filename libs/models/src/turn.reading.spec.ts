import { describe, expect, it } from 'vitest'
import { mapToolNames } from './tool.names.js'
import { readTurn } from './turn.reading.js'

const context = {
  place: 'The model "m" at http://127.0.0.1',
  turnIndex: 3,
  names: mapToolNames(['fs.read']),
  usedCallIds: new Set(['call_0']),
}

function completionWith(message: object): object {
  return { model: 'm', choices: [{ message, finish_reason: 'tool_calls' }] }
}

function callWith(id: unknown, args: unknown = '{}'): object {
  return { id, type: 'function', function: { name: 'fs_read', arguments: args } }
}

describe('readTurn', () => {
  it('makes ids of its own where they are missing, odd or used before', () => {
    const calls = [
      callWith('call_0'),
      callWith(undefined),
      callWith(''),
      callWith('a/b'),
      callWith('ok'),
      callWith('ok'),
    ]
    const turn = readTurn(completionWith({ content: null, tool_calls: calls }), context)
    const ids = turn.toolCalls.map((call) => call.id)
    expect(new Set(ids).size).toBe(6)
    expect(ids).not.toContain('call_0')
    expect(ids[4]).toBe('ok')
    expect(ids.filter((id) => !/^[A-Za-z0-9_-]{1,64}$/.test(id))).toEqual([])
  })

  it('takes arguments that an endpoint sends as an object', () => {
    const turn = readTurn(completionWith({ tool_calls: [callWith('a', { path: 'x' })] }), context)
    expect(turn.toolCalls).toEqual([{ id: 'a', name: 'fs.read', argumentsText: '{"path":"x"}' }])
  })

  it('joins text that comes in parts', () => {
    const content = [
      { type: 'text', text: 'one ' },
      { type: 'text', text: 'two' },
    ]
    expect(readTurn(completionWith({ content }), context).text).toBe('one two')
  })

  it('leaves usage out when the endpoint reports none', () => {
    expect(readTurn(completionWith({ content: 'x' }), context)).not.toHaveProperty('usage')
  })

  it.each([
    undefined,
    null,
    '<html>',
    {},
    { choices: [] },
    { choices: [{}] },
    { choices: [{ message: 'x' }] },
  ])('refuses %j as an invalid response', (completion) => {
    expect(() => readTurn(completion, context)).toThrow(
      expect.objectContaining({ code: 'invalid-response', retryable: false }),
    )
  })
})
