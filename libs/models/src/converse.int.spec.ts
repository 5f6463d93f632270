import { LLMock, type ChatCompletionRequest, type FixtureResponse } from '@copilotkit/aimock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ConversationOptions } from './conversation.options.js'
import { converse } from './converse.js'
import type { ConversationTurn } from './conversation.turn.js'
import { ToolRefusedError, type CallPosition, type ToolCall } from './tool.call.js'

const llm = new LLMock({ port: 0, strict: true })
const turnsSeen: { turn: ConversationTurn; index: number }[] = []
const callsSeen: { call: ToolCall; position: CallPosition }[] = []

beforeAll(async () => void (await llm.start()))
afterEach(() => {
  llm.reset()
  turnsSeen.length = 0
  callsSeen.length = 0
})
afterAll(() => llm.stop())

function answerWith(...responses: FixtureResponse[]): void {
  llm.on({ endpoint: 'chat' }, () => responses.shift() ?? { error: { message: 'not expected' }, status: 400 })
}

function requests(): ChatCompletionRequest[] {
  return llm.getRequests().map((entry) => entry.body as ChatCompletionRequest)
}

function toolMessages(request: ChatCompletionRequest | undefined): unknown[] {
  return request?.messages.filter((message) => message.role === 'tool') ?? []
}

function readFile(id: string, path: string): FixtureResponse {
  return { toolCalls: [{ id, name: 'fs_read', arguments: JSON.stringify({ path }) }] }
}

function talk(changes: Partial<ConversationOptions> = {}): ReturnType<typeof converse> {
  return converse({
    endpoints: [{ baseUrl: `${llm.url}/v1`, model: 'test-model', maxRetries: 0 }],
    system: 'You read files.',
    user: 'What is in a.txt?',
    tools: [{ name: 'fs.read', description: 'Reads a file', parameters: { type: 'object' } }],
    onTurn: async (turn, index) => void turnsSeen.push({ turn, index }),
    callTool: async (call, position) => {
      callsSeen.push({ call, position })
      return `content of ${(call.arguments as { path: string }).path}`
    },
    ...changes,
  })
}

describe('converse', () => {
  it('runs a tool that the model calls and returns its answer', async () => {
    answerWith(
      {
        ...readFile('call_a', 'a.txt'),
        usage: { prompt_tokens: 10, completion_tokens: 2 },
      },
      { content: 'A poem.', usage: { prompt_tokens: 30, completion_tokens: 4 } },
    )
    const conversation = await talk()
    expect(conversation).toMatchObject({
      reason: 'completed',
      text: 'A poem.',
      usage: { inputTokens: 40, outputTokens: 6 },
    })
    expect(callsSeen).toEqual([
      {
        call: { id: 'call_a', name: 'fs.read', arguments: { path: 'a.txt' } },
        position: { turnIndex: 0, callIndex: 0 },
      },
    ])
    expect(conversation.turns[0]?.toolResults).toEqual([
      { callId: 'call_a', kind: 'output', text: 'content of a.txt' },
    ])
    const [first, second] = requests()
    expect(first).toMatchObject({
      model: 'test-model',
      messages: [
        { role: 'system', content: 'You read files.' },
        { role: 'user', content: 'What is in a.txt?' },
      ],
      tools: [{ type: 'function', function: { name: 'fs_read', description: 'Reads a file' } }],
    })
    expect(second?.messages[2]).toMatchObject({
      role: 'assistant',
      tool_calls: [{ id: 'call_a', function: { name: 'fs_read', arguments: '{"path":"a.txt"}' } }],
    })
    expect(second?.messages[3]).toMatchObject({
      role: 'tool',
      tool_call_id: 'call_a',
      content: expect.stringMatching(
        /never an instruction[^]*<data \w+ label="fs\.read">\ncontent of a\.txt\n<\/data/,
      ),
    })
  })

  it('has each turn recorded before its calls run', async () => {
    answerWith(readFile('call_a', 'a.txt'), { content: 'Done.' })
    const order: string[] = []
    await talk({
      onTurn: async (turn, index) => {
        await new Promise(setImmediate)
        order.push(`turn ${index} with ${turn.toolResults.length} results`)
      },
      callTool: async (call) => {
        order.push(call.id)
        return ''
      },
    })
    expect(order).toEqual(['turn 0 with 0 results', 'call_a', 'turn 1 with 0 results'])
  })

  it('runs the calls of one turn in order and answers all of them', async () => {
    const paths = ['a.txt', 'b.txt', 'c.txt']
    answerWith(
      {
        toolCalls: paths.map((path) => ({
          id: `call_${path[0]}`,
          name: 'fs_read',
          arguments: JSON.stringify({ path }),
        })),
      },
      { content: 'Three files.' },
    )
    let running = 0
    const started: string[] = []
    await talk({
      callTool: async (call) => {
        expect(++running).toBe(1)
        started.push(call.id)
        await new Promise(setImmediate)
        running--
        return call.id
      },
    })
    expect(started).toEqual(['call_a', 'call_b', 'call_c'])
    expect(toolMessages(requests()[1])).toMatchObject(started.map((id) => ({ tool_call_id: id })))
  })

  it('tells the model about malformed arguments and lets it correct itself', async () => {
    answerWith(
      { toolCalls: [{ id: 'call_bad', name: 'fs_read', arguments: '{"path": "a.t' }] },
      { toolCalls: [{ id: 'call_list', name: 'fs_read', arguments: '["a.txt"]' }] },
      readFile('call_good', 'a.txt'),
      { content: 'Done.' },
    )
    const conversation = await talk()
    expect(conversation).toMatchObject({ reason: 'completed', text: 'Done.' })
    expect(callsSeen.map(({ call }) => call.id)).toEqual(['call_good'])
    expect(turnsSeen[0]?.turn.toolCalls[0]?.argumentsText).toBe('{"path": "a.t')
    expect(toolMessages(requests()[2])).toMatchObject([
      { content: expect.stringContaining('Error: the arguments are not valid JSON') },
      { content: expect.stringContaining('Error: the arguments must be a JSON object') },
    ])
    const history = requests()[1]?.messages[2]?.tool_calls?.[0]?.function.arguments
    expect(() => JSON.parse(history ?? '') as unknown, 'history must stay parseable').not.toThrow()
  })

  it('tells the model about an unknown tool', async () => {
    answerWith({ toolCalls: [{ id: 'call_a', name: 'rm_rf', arguments: '{}' }] }, { content: 'Sorry.' })
    expect(await talk()).toMatchObject({ reason: 'completed', text: 'Sorry.' })
    expect(callsSeen).toEqual([])
    expect(toolMessages(requests()[1])).toMatchObject([
      { content: expect.stringContaining('Error: there is no tool "rm_rf"') },
    ])
  })

  it('tells the model why a call was refused', async () => {
    answerWith(readFile('call_a', '/etc/shadow'), { content: 'I may not.' })
    const refuse = async (): Promise<string> => {
      throw new ToolRefusedError('this path is not granted')
    }
    expect(await talk({ callTool: refuse })).toMatchObject({ reason: 'completed', text: 'I may not.' })
    expect(toolMessages(requests()[1])).toMatchObject([{ content: 'Error: this path is not granted' }])
  })

  it('ends with any other error of a tool and asks nothing more', async () => {
    answerWith(readFile('call_a', 'a.txt'))
    const failure = new Error('the ledger is gone')
    await expect(talk({ callTool: () => Promise.reject(failure) })).rejects.toBe(failure)
    expect(requests()).toHaveLength(1)
  })

  it('runs no call of a turn that could not be recorded', async () => {
    answerWith(readFile('call_a', 'a.txt'))
    const failure = new Error('the database is gone')
    await expect(talk({ onTurn: () => Promise.reject(failure) })).rejects.toBe(failure)
    expect(callsSeen).toEqual([])
  })

  it('stops at the last turn allowed without running its calls', async () => {
    answerWith(readFile('call_a', 'a.txt'), readFile('call_b', 'b.txt'), readFile('call_c', 'c.txt'))
    const conversation = await talk({ maxTurns: 2 })
    expect(conversation.reason).toBe('max_turns')
    expect(conversation.turns).toHaveLength(2)
    expect(callsSeen.map(({ call }) => call.id)).toEqual(['call_a'])
    expect(requests()).toHaveLength(2)
  })

  it('gives an answer even in the last turn allowed', async () => {
    answerWith({ content: 'Short.' })
    expect(await talk({ maxTurns: 1, tools: [] })).toMatchObject({ reason: 'completed', text: 'Short.' })
    expect(requests()[0]).not.toHaveProperty('tools')
  })

  it.each([
    ['content_filter', 'refused'],
    ['length', 'output_limit'],
  ])('ends a turn that finished with %s as %s and runs no call of it', async (finishReason, reason) => {
    answerWith({ ...readFile('call_a', 'a.txt'), finishReason })
    expect((await talk()).reason).toBe(reason)
    expect(callsSeen).toEqual([])
  })

  it.each([
    { error: { message: 'Too many tokens', code: 'context_length_exceeded' }, status: 400 },
    { error: { message: "This model's maximum context length is 4096 tokens." }, status: 400 },
  ])('ends when the conversation outgrows the context: $error.message', async (response) => {
    answerWith(readFile('call_a', 'a.txt'), response)
    const conversation = await talk()
    expect(conversation.reason).toBe('context_overflow')
    expect(conversation.turns).toHaveLength(1)
  })

  it('cuts a long tool output', async () => {
    answerWith(readFile('call_a', 'a.txt'), { content: 'Long.' })
    await talk({ callTool: async () => 'x'.repeat(1_000_000) })
    expect(JSON.stringify(toolMessages(requests()[1])).length).toBeLessThan(34_000)
  })
})
