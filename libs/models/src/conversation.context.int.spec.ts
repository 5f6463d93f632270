import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConversationOptions } from './conversation.options.js'
import { endpointAt, talkWith } from './conversation.fixture.js'
import { call, failure, say, startEndpoint, type Responder, type TestEndpoint } from './endpoint.fixture.js'
import type { ModelEndpoint } from './model.endpoint.js'

let endpoint: TestEndpoint

beforeAll(async () => {
  endpoint = await startEndpoint()
})
afterAll(() => endpoint.stop())

/** Answers with a call until there are so many outputs, and then with a poem. */
const callsUntil =
  (turns: number): Responder =>
  (response, request) => {
    const turn = request.body.messages.filter(({ role }) => role === 'assistant').length
    return (turn < turns ? call(`call_${turn}`, 'fs_read', {}) : say('A poem.'))(response, request)
  }

const longOutput = 'x'.repeat(6_000)
function talk(over: Partial<ConversationOptions> = {}, at: Partial<ModelEndpoint> = {}) {
  return talkWith([endpointAt(endpoint, at)], { callTool: () => Promise.resolve(longOutput), ...over })
}

const bytesOf = (request: unknown) => JSON.stringify(request).length

describe('a conversation in a small context window', () => {
  it('loses its oldest outputs before they are too many, and says so', async () => {
    endpoint.answerWith(callsUntil(5))
    const { conversation, of } = await talk({}, { contextTokens: 9_000, maxOutputTokens: 1_000 })
    expect(conversation.reason).toBe('completed')
    expect(of('context-trimmed')).toMatchObject([
      { turnIndex: 4, leftOut: { outputs: 2, turns: 0 }, beforeTokens: expect.any(Number) },
    ])
    const messages = endpoint.requests.at(-1)?.body.messages ?? []
    expect(messages.map(({ role }) => role)).toEqual([
      ...['system', 'user'],
      ...Array<string[]>(5).fill(['assistant', 'tool']).flat(),
    ])
    expect(messages[3]?.content).toMatch(/output of 6000 bytes is left out/)
    expect(messages.at(-1)?.content).toContain(longOutput)
    expect(conversation.turns[0]?.toolResults[0]?.text, 'the record keeps it').toBe(longOutput)
  })

  it('loses its oldest turns when that is not enough', async () => {
    endpoint.answerWith((response, { body }) => {
      const turn = body.messages.filter(({ role }) => role === 'assistant').length
      return call(`call_${body.messages.length}`, 'fs_read', { text: `${turn}`.repeat(3_000) })(
        response,
        undefined as never,
      )
    })
    const { of } = await talk(
      { maxTurns: 8, callTool: () => Promise.resolve('') },
      { contextTokens: 8_000, maxOutputTokens: 1_000 },
    )
    const [trimmed] = of('context-trimmed')
    expect(trimmed).toMatchObject({ leftOut: { turns: expect.any(Number) } })
    const { messages } = endpoint.requests.at(-1)?.body ?? { messages: [] }
    expect(messages[2]).toMatchObject({
      role: 'user',
      content: expect.stringMatching(
        /first \d turns are left out.*"fs\.read" \d times; what those calls did is done/,
      ),
    })
    expect(messages[3]?.role).toBe('assistant')
  })

  it('shows less of one output to a model that can hold less', async () => {
    endpoint.answerWith(callsUntil(1))
    const { conversation } = await talk({}, { contextTokens: 4_000 })
    expect(conversation.turns[0]?.toolResults[0]?.text.length).toBeLessThan(3_100)
  })
})

describe('a conversation that an endpoint refuses as too long', () => {
  const refuseFrom =
    (bytes: number): Responder =>
    (response, request) =>
      (bytesOf(request.body) > bytes ? failure(400, 'prompt is too long') : callsUntil(4))(response, request)

  it('is asked once more with less of it', async () => {
    endpoint.answerWith(refuseFrom(22_000))
    const { conversation, of } = await talk()
    expect(conversation.reason).toBe('completed')
    expect(of('context-trimmed')).toHaveLength(1)
    expect(of('hopped')).toEqual([])
  })

  it('ends when the rule has nothing more to leave out', async () => {
    endpoint.answerWith(refuseFrom(9_000))
    const { conversation } = await talk()
    expect(conversation).toMatchObject({ reason: 'context_overflow', turns: { length: 2 } })
  })

  it('goes on after a take-over as it would have', async () => {
    endpoint.answerWith(refuseFrom(22_000))
    const { conversation, recorded } = await talk()
    const last = endpoint.requests.at(-1)?.body
    endpoint.answerWith(refuseFrom(22_000))
    const resumed = await talk({ recorded: recorded.slice(0, -1) })
    expect(resumed.conversation).toEqual(conversation)
    expect(endpoint.requests.map(({ body }) => body).at(-1)).toEqual(last)
  })
})

describe('requests of one conversation', () => {
  it('begin alike, whatever the order of the tools, so that a cache has them', async () => {
    endpoint.answerWith(callsUntil(3))
    const tools = ['fs.write', 'bash', 'fs.read'].map((name) => ({
      name,
      description: name,
      parameters: { type: 'object' },
    }))
    await talk({ tools }, { promptCacheKey: true })
    const bodies = endpoint.requests.map(({ body }) => body)
    for (const [index, body] of bodies.entries()) {
      expect(bodies[index + 1]?.messages.slice(0, body.messages.length) ?? body.messages).toEqual(
        body.messages,
      )
      expect(body['tools']).toEqual(bodies[0]?.['tools'])
    }
    const key = bodies[0]?.['prompt_cache_key']
    expect(key).toMatch(/^[0-9a-f]{32}$/)
    endpoint.answerWith(callsUntil(0))
    await talk({ tools: tools.toReversed() }, { promptCacheKey: true })
    expect(endpoint.requests[0]?.body['prompt_cache_key']).toBe(key)
    expect(endpoint.requests[0]?.body['tools']).toEqual(bodies[0]?.['tools'])
    await talk({ tools })
    expect(endpoint.requests[1]?.body).not.toHaveProperty('prompt_cache_key')
  })
})
