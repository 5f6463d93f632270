import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endpointAt, talkWith } from './conversation.fixture.js'
import {
  call,
  callDelta,
  completion,
  delta,
  failure,
  say,
  startEndpoint,
  stream,
  type Responder,
  type TestEndpoint,
} from './endpoint.fixture.js'

let endpoint: TestEndpoint

beforeAll(async () => {
  endpoint = await startEndpoint()
})
afterAll(() => endpoint.stop())

const begun = delta({ content: 'Well, ' })

describe('an endpoint that stops in the middle of an answer', () => {
  it('is left alone after a while, for a reason of its own', async () => {
    const closed = Promise.withResolvers<void>()
    const hang: Responder = (response, request) => {
      response.on('close', () => closed.resolve())
      return stream([begun], 'open')(response, request)
    }
    endpoint.answerWith(hang)
    const { conversation, of } = await talkWith([endpointAt(endpoint, { stallMs: 100 })])
    expect(conversation).toMatchObject({
      reason: 'stalled',
      error: { code: 'stalled', retryable: true },
      turns: [],
    })
    expect(of('text')).toEqual([{ kind: 'text', turnIndex: 0, text: 'Well, ' }])
    await closed.promise
  })

  it('is waited for as long as it says something', async () => {
    endpoint.answerWith(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let piece = 0; piece < 6; piece++) {
        response.write(`data: ${JSON.stringify(begun)}\n\n`)
        await new Promise((waited) => setTimeout(waited, 120))
      }
      response.end(`data: ${JSON.stringify(delta({}, 'stop'))}\n\n`)
    })
    const { conversation } = await talkWith([endpointAt(endpoint, { stallMs: 600 })])
    expect(conversation).toMatchObject({ reason: 'completed', text: 'Well, '.repeat(6) })
  })

  it('is not waited for without end, even if it always says something', async () => {
    endpoint.answerWith((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const talking = setInterval(() => response.write(`data: ${JSON.stringify(begun)}\n\n`), 20)
      response.on('close', () => clearInterval(talking))
    })
    const { conversation } = await talkWith([endpointAt(endpoint, { longestMs: 250 })])
    expect(conversation).toMatchObject({ reason: 'endpoint_failed', error: { code: 'timeout' } })
  })

  it.each(['closed', 'broken'] as const)('with a %s connection is asked again', async (end) => {
    endpoint.answerWith(stream([begun, callDelta('call_a', 'fs_read', {})], end), say('A poem.'))
    const { conversation, events, called } = await talkWith([endpointAt(endpoint, { maxRetries: 1 })])
    expect(conversation).toMatchObject({ reason: 'completed', text: 'A poem.' })
    expect(called, 'a call of half a turn does not run').toEqual([])
    expect(events.map(({ kind }) => kind)).toEqual(['text', 'retried', 'text', 'turn-counted'])
    expect(events[1]).toMatchObject({ code: 'interrupted', turnIndex: 0 })
  })

  it.each([
    ['an event that is no JSON', [begun, '{"choices":['], 'invalid-response'],
    ['an error', [begun, { error: { message: 'out of memory' } }], 'server-error'],
  ])('with %s has failed', async (_what, events, code) => {
    endpoint.answerWith(stream(events))
    const { conversation } = await talkWith([endpointAt(endpoint)])
    expect(conversation).toMatchObject({ reason: 'endpoint_failed', error: { code, retryable: true } })
  })

  it('because the conversation became too long says so', async () => {
    endpoint.answerWith(stream([begun, { error: { code: 'context_length_exceeded', message: 'no' } }]))
    expect((await talkWith([endpointAt(endpoint)])).conversation.reason).toBe('context_overflow')
  })
})

describe('an endpoint that answers in its own way', () => {
  it('may answer whole instead of piece by piece', async () => {
    endpoint.answerWith(completion('A poem.'))
    const { conversation } = await talkWith([endpointAt(endpoint)])
    expect(conversation).toMatchObject({ reason: 'completed', text: 'A poem.' })
    expect(endpoint.requests[0]?.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  it('may know no streaming at all', async () => {
    endpoint.answerWith(
      failure(400, 'Unrecognized request argument supplied: stream_options'),
      completion('A poem.'),
    )
    expect((await talkWith([endpointAt(endpoint)])).conversation.reason).toBe('completed')
    expect(endpoint.requests[1]?.body).toMatchObject({ stream: false })
    endpoint.answerWith(completion('A poem.'))
    await talkWith([endpointAt(endpoint, { streaming: false })])
    expect(endpoint.requests[0]?.body).toMatchObject({ stream: false })
  })

  it('may call with 5 MB of arguments, which do not run and do not come back', async () => {
    const piece = {
      tool_calls: [
        { index: 0, id: 'call_a', function: { name: 'fs_read', arguments: 'x'.repeat(512 * 1024) } },
      ],
    }
    endpoint.answerWith(
      stream([...Array<unknown>(10).fill(delta(piece)), delta({}, 'tool_calls')]),
      say('Sorry.'),
    )
    const { conversation, called, recorded } = await talkWith([endpointAt(endpoint, { stallMs: 5_000 })])
    expect(conversation).toMatchObject({ reason: 'completed', text: 'Sorry.' })
    expect(called).toEqual([])
    expect(JSON.stringify(recorded[0]).length).toBeLessThan(1_000)
    expect(endpoint.requests[1]?.body.messages.at(-1)?.content).toBe(
      'Error: the arguments have 5242880 bytes, and a call may have 262144: send them in parts',
    )
  })

  it('may not send more than memory is for', async () => {
    endpoint.answerWith(stream(Array<unknown>(20).fill(delta({ content: 'x'.repeat(1024 * 1024) })), 'open'))
    const { conversation } = await talkWith([endpointAt(endpoint, { stallMs: 5_000 })])
    expect(conversation).toMatchObject({ reason: 'endpoint_failed', error: { code: 'invalid-response' } })
  })
})

describe('an endpoint that asks to wait', () => {
  it('is asked again not a moment earlier', async () => {
    endpoint.answerWith(failure(429, 'slow down', { 'retry-after-ms': '150' }), say('A poem.'))
    const { conversation, events } = await talkWith([endpointAt(endpoint, { maxRetries: 1 })])
    expect(conversation.reason).toBe('completed')
    expect(events[0]).toMatchObject({ kind: 'retried', code: 'rate-limited', waitMs: 150 })
    const [first, second] = endpoint.requests
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(149)
  })

  it('for longer than anybody waits is given up', async () => {
    endpoint.answerWith(failure(503, 'maintenance', { 'retry-after': '3600' }))
    const { conversation } = await talkWith([endpointAt(endpoint, { maxRetries: 5 })])
    expect(conversation).toMatchObject({ reason: 'endpoint_failed', error: { retryAfterMs: 3_600_000 } })
    expect(endpoint.requests).toHaveLength(1)
  })
})

describe('several endpoints', () => {
  let others: TestEndpoint[]
  beforeAll(async () => {
    others = [await startEndpoint(), await startEndpoint()]
  })
  afterAll(() => Promise.all(others.map((other) => other.stop())))

  const all = () => [endpoint, ...others].map((one, index) => endpointAt(one, { model: `m${index}` }))

  it('are asked one after the other, and the one that answered is kept', async () => {
    endpoint.answerWith(failure(500, 'down'))
    others[0]?.answerWith(call('call_a', 'fs_read', {}), say('A poem.'))
    others[1]?.answerWith(say('never asked'))
    const { conversation, of } = await talkWith(all())
    expect(conversation).toMatchObject({ reason: 'completed', text: 'A poem.' })
    expect(of('hopped')).toMatchObject([
      { turnIndex: 0, code: 'server-error', from: expect.stringContaining('"m0"') },
    ])
    expect([endpoint, ...others].map(({ requests }) => requests.length)).toEqual([1, 2, 0])
    expect(others[0]?.requests[1]?.body['model']).toBe('m1')
  })

  it('are not all asked: a second failure ends it', async () => {
    endpoint.answerWith(stream([begun], 'broken'))
    others[0]?.answerWith(failure(500, 'down'))
    others[1]?.answerWith(say('never asked'))
    const { conversation, of } = await talkWith(all())
    expect(conversation).toMatchObject({ reason: 'endpoint_failed', error: { code: 'server-error' } })
    expect(of('hopped')).toHaveLength(1)
    expect(others[1]?.requests).toEqual([])
  })

  it.each([
    [401, 'no such key', 'endpoint_failed'],
    [400, 'what is this?', 'endpoint_failed'],
    [400, "This model's maximum context length is 10 tokens.", 'context_overflow'],
  ])('do not help against %i %s', async (status, message, reason) => {
    endpoint.answerWith(failure(status, message))
    others[0]?.answerWith(say('never asked'))
    expect((await talkWith(all())).conversation.reason).toBe(reason)
    expect(others[0]?.requests).toEqual([])
  })

  it('save the wait when the first asks for a long one', async () => {
    endpoint.answerWith(failure(429, 'slow down', { 'retry-after': '30' }))
    others[0]?.answerWith(say('A poem.'))
    const endpoints = all().map((one) => ({ ...one, maxRetries: 3 }))
    expect((await talkWith(endpoints)).conversation.reason).toBe('completed')
    expect(endpoint.requests).toHaveLength(1)
  })
})
