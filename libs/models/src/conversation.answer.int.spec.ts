import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { talkWith, endpointAt } from './conversation.fixture.js'
import type { ConversationOptions } from './conversation.options.js'
import { call, delta, say, startEndpoint, stream, type TestEndpoint } from './endpoint.fixture.js'
import { ToolRefusedError, type CallPosition } from './tool.call.js'

let endpoint: TestEndpoint

beforeAll(async () => {
  endpoint = await startEndpoint()
})
afterAll(() => endpoint.stop())

const talk = (over: Partial<ConversationOptions> = {}) => talkWith([endpointAt(endpoint)], over)

describe('a conversation whose answer must fit a schema', () => {
  const answer = {
    schema: { type: 'object', properties: { lines: { type: 'integer' } }, required: ['lines'] },
  }

  it('gives the value', async () => {
    endpoint.answerWith(call('call_a', 'fs_read', {}), say('{"lines": 3}'))
    const { conversation } = await talk({ answer })
    expect(conversation).toMatchObject({ reason: 'completed', value: { lines: 3 } })
    expect(endpoint.requests[0]?.body.messages[0]?.content).toMatch(
      /^You read files\.[^]*JSON Schema:[^]*"lines"/,
    )
  })

  it('lets the model correct itself once, and replays that', async () => {
    endpoint.answerWith(say('three'), say('{"lines": 3}'))
    const { conversation, recorded } = await talk({ answer })
    expect(conversation).toMatchObject({ reason: 'completed', value: { lines: 3 }, turns: { length: 2 } })
    const second = endpoint.requests[1]?.body
    expect(second?.messages.at(-1)?.content).toContain('the answer is not valid JSON')
    endpoint.answerWith(say('{"lines": 3}'))
    const resumed = await talk({ answer, recorded: recorded.slice(0, 1) })
    expect(resumed.conversation).toEqual(conversation)
    expect(endpoint.requests.map(({ body }) => body)).toEqual([second])
  })

  it('ends when the model does not', async () => {
    endpoint.answerWith(say('three'), say('{"lines": "three"}'))
    const { conversation } = await talk({ answer })
    expect(conversation).toMatchObject({
      reason: 'invalid_output',
      problem: '/lines must be integer (integer)',
    })
    expect(endpoint.requests).toHaveLength(2)
  })

  it('does not ask again after the last turn allowed', async () => {
    endpoint.answerWith(say('three'))
    expect((await talk({ answer, maxTurns: 1 })).conversation.reason).toBe('invalid_output')
    expect(endpoint.requests).toHaveLength(1)
  })
})

describe('calls of one turn', () => {
  const tools = ['fs.read', 'fs.stat', 'bash'].map((name) => ({
    name,
    description: name,
    parameters: { type: 'object' },
    sideBySide: name !== 'bash',
  }))
  const calls = (...names: string[]) =>
    stream([
      delta({
        tool_calls: names.map((name, index) => ({
          index,
          id: `call_${index}`,
          function: { name, arguments: '{}' },
        })),
      }),
      delta({}, 'tool_calls'),
    ])

  it('run side by side where their tools may; results and positions are in the model’s order', async () => {
    endpoint.answerWith(calls('fs_read', 'nothing_known', 'fs_stat', 'fs_read'), say('Done.'))
    const others = Promise.withResolvers<void>()
    const positions: CallPosition[] = []
    const { conversation } = await talk({
      tools,
      parallelCalls: 2,
      callTool: async ({ id }, position) => {
        positions.push(position)
        if (id === 'call_2') await others.promise
        if (id === 'call_3') others.resolve()
        return id
      },
    })
    expect(conversation.turns[0]?.toolResults.map(({ text }) => text)).toEqual([
      'call_0',
      expect.stringMatching(/there is no tool/),
      'call_2',
      'call_3',
    ])
    expect(positions).toEqual([0, 2, 3].map((callIndex) => ({ turnIndex: 0, callIndex })))
  })

  it('wait for those before them, and those after them for them, where their tools change something', async () => {
    endpoint.answerWith(calls('fs_read', 'fs_stat', 'bash', 'fs_read', 'fs_stat'), say('Done.'))
    const log: string[] = []
    await talk({
      tools,
      callTool: async ({ id }) => {
        log.push(`+${id.at(-1)}`)
        await new Promise(setImmediate)
        log.push(`-${id.at(-1)}`)
        return ''
      },
    })
    expect(log.join(' ')).toBe('+0 +1 -0 -1 +2 -2 +3 +4 -3 -4')
  })

  it('have all ended before an error of one of them ends the conversation', async () => {
    endpoint.answerWith(calls('fs_read', 'fs_read', 'fs_read'), say('Done.'))
    const ended: string[] = []
    const talking = talk({
      tools,
      parallelCalls: 2,
      callTool: async ({ id }) => {
        if (id === 'call_0') throw new Error('the ledger is gone')
        await new Promise(setImmediate)
        ended.push(id)
        return ''
      },
    })
    await expect(talking).rejects.toThrow('the ledger is gone')
    expect(ended).toEqual(['call_1'])
  })

  it('that are refused leave the others as they are', async () => {
    endpoint.answerWith(calls('fs_read', 'fs_stat', 'fs_read'), say('Done.'))
    const { conversation } = await talk({
      tools,
      callTool: ({ id }) =>
        id === 'call_1' ? Promise.reject(new ToolRefusedError('not granted')) : Promise.resolve(id),
    })
    expect(conversation.turns[0]?.toolResults).toEqual([
      { callId: 'call_0', kind: 'output', text: 'call_0' },
      { callId: 'call_1', kind: 'error', text: 'not granted' },
      { callId: 'call_2', kind: 'output', text: 'call_2' },
    ])
  })
})

describe('an output that is too long', () => {
  it('is kept, and the model is told where', async () => {
    endpoint.answerWith(call('call_a', 'fs_read', {}), say('Long.'))
    const output = `begin${'x'.repeat(100_000)}end`
    const kept: string[] = []
    const { of } = await talk({
      callTool: () => Promise.resolve(output),
      keepOutput: ({ id }, text) => {
        kept.push(text)
        return Promise.resolve(`artifact ${id}.txt`)
      },
    })
    expect(kept).toEqual([output])
    expect(of('output-cut')).toEqual([
      { kind: 'output-cut', callId: 'call_a', bytes: 100_008, keptAs: 'artifact call_a.txt' },
    ])
    expect(endpoint.requests[1]?.body.messages.at(-1)?.content).toMatch(
      /begin[^]*bytes left out; the whole output is kept as artifact call_a\.txt[^]*end/,
    )
  })
})
