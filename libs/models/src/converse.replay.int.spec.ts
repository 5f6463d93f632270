import { LLMock, type ChatCompletionRequest, type FixtureResponse } from '@copilotkit/aimock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ConversationTurn } from './conversation.turn.js'
import type { Conversation, ConversationOptions } from './conversation.options.js'
import { converse } from './converse.js'

const llm = new LLMock({ port: 0, strict: true })

beforeAll(async () => void (await llm.start()))
afterEach(() => void llm.reset())
afterAll(() => llm.stop())

const script: FixtureResponse[] = [
  {
    toolCalls: [
      { id: 'call_a', name: 'fs_read', arguments: '{"path":"a.txt"}' },
      { id: 'call_b', name: 'nonsense', arguments: '{' },
      { id: 'call_c', name: 'fs_read', arguments: '{"path":"c.txt"}' },
    ],
  },
  { content: 'Let me look again.', toolCalls: [{ id: 'call_d', name: 'fs_read', arguments: '{}' }] },
  { content: 'Done.' },
]

interface Run {
  conversation: Conversation
  recordedNow: string[]
  calledNow: string[]
  requests: ChatCompletionRequest[]
}

/** Answers by the number of assistant turns in the request, as a model would that saw them. */
async function run(changes: Partial<ConversationOptions> = {}): Promise<Run> {
  llm.reset()
  llm.on({ endpoint: 'chat' }, (request) => {
    const turns = request.messages.filter((message) => message.role === 'assistant').length
    return script[turns] ?? { error: { message: 'the script is over' }, status: 400 }
  })
  const recordedNow: string[] = []
  const calledNow: string[] = []
  const conversation = await converse({
    endpoints: [{ baseUrl: `${llm.url}/v1`, model: 'test-model', maxRetries: 0 }],
    system: 'system',
    user: 'user',
    tools: [{ name: 'fs.read', description: 'Reads a file', parameters: { type: 'object' } }],
    onTurn: async (turn) => void recordedNow.push(JSON.stringify(turn)),
    callTool: async (call) => {
      calledNow.push(call.id)
      return `output of ${call.id}`
    },
    ...changes,
  })
  const requests = llm.getRequests().map((entry) => entry.body as ChatCompletionRequest)
  return { conversation, recordedNow, calledNow, requests }
}

function parse(turns: readonly string[]): ConversationTurn[] {
  return turns.map((turn) => JSON.parse(turn) as ConversationTurn)
}

describe('a conversation with recorded turns', () => {
  it('sends no request for a recorded turn and continues with the same next one', async () => {
    const whole = await run()
    const resumed = await run({ recorded: parse(whole.recordedNow.slice(0, 1)) })
    expect(whole.requests).toHaveLength(3)
    expect(resumed.requests).toEqual(whole.requests.slice(1))
    expect(resumed.recordedNow).toEqual(whole.recordedNow.slice(1))
    expect(resumed.conversation).toEqual(whole.conversation)
  })

  it('gives the calls of a recorded turn without results to callTool again', async () => {
    const whole = await run()
    const resumed = await run({ recorded: parse(whole.recordedNow.slice(0, 1)) })
    expect(resumed.calledNow).toEqual(['call_a', 'call_c', 'call_d'])
  })

  it('does not run calls again whose results were recorded with the turn', async () => {
    const { conversation } = await run()
    const [first] = structuredClone(conversation.turns)
    first?.toolResults.pop()
    const resumed = await run({ recorded: first ? [first] : [] })
    expect(resumed.calledNow).toEqual(['call_c', 'call_d'])
    expect(resumed.conversation).toEqual(conversation)
  })

  it('ends without any request when the last recorded turn is the answer', async () => {
    const whole = await run()
    const resumed = await run({ recorded: parse(whole.recordedNow) })
    expect(resumed.requests).toEqual([])
    expect(resumed.recordedNow).toEqual([])
    expect(resumed.conversation).toEqual(whole.conversation)
  })

  it('counts recorded turns towards the turns allowed, and goes on when more are', async () => {
    const stopped = await run({ maxTurns: 1 })
    expect(stopped.conversation.reason).toBe('max_turns')
    const again = await run({ maxTurns: 1, recorded: parse(stopped.recordedNow) })
    expect(again.conversation.reason).toBe('max_turns')
    expect(again.requests).toEqual([])
    const further = await run({ maxTurns: 3, recorded: parse(stopped.recordedNow) })
    expect(further.conversation.reason).toBe('completed')
  })
})
