import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LLMock, type FixtureResponse } from '@copilotkit/aimock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { converse } from './converse.js'
import type { ModelEndpoint } from './model.endpoint.js'
import type { ModelError } from './model.error.js'

const KEY = 'sk-very-secret-0123456789'
const llm = new LLMock({ port: 0, strict: true })

beforeAll(async () => void (await llm.start()))
afterEach(() => void llm.reset())
afterAll(() => llm.stop())

function answerWith(response: FixtureResponse, ...more: FixtureResponse[]): void {
  const responses = [response, ...more]
  llm.on({ endpoint: 'chat' }, () => (responses.length > 1 ? responses.shift() : responses[0]) ?? response)
}

function ask(endpoint: Partial<ModelEndpoint> = {}, signal?: AbortSignal): ReturnType<typeof converse> {
  return converse({
    endpoints: [{ baseUrl: `${llm.url}/v1`, apiKey: KEY, model: 'test-model', maxRetries: 0, ...endpoint }],
    system: 'system',
    user: 'user',
    tools: [],
    ...(signal ? { signal } : {}),
    onTurn: async () => {},
    callTool: async () => '',
  })
}

async function failureOf(asked: ReturnType<typeof converse>): Promise<ModelError> {
  const conversation = await asked
  expect(conversation.reason).toBe('endpoint_failed')
  return (conversation as { error: ModelError }).error
}

function everythingIn(error: Error): string {
  return [String(error), error.stack, JSON.stringify(error, Object.getOwnPropertyNames(error))].join('\n')
}

/** A server of one answer, for what a well-behaved endpoint never sends. */
async function withServer<T>(
  status: number,
  headers: Record<string, string>,
  body: string,
  use: (baseUrl: string) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`)
  } finally {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
}

describe('an endpoint that fails', () => {
  it('is asked again after 429 and then answers', async () => {
    answerWith({ error: { message: 'slow down' }, status: 429, retryAfter: 0 }, { content: 'Hello.' })
    expect(await ask({ maxRetries: 1 })).toMatchObject({ reason: 'completed', text: 'Hello.' })
    expect(llm.getRequests().map((entry) => entry.response.status)).toEqual([429, 200])
  })

  it('is given up with a typed error when it answers 500 for ever', async () => {
    answerWith({ error: { message: 'broken' }, status: 500 })
    const error = await failureOf(ask({ maxRetries: 1 }))
    expect(error).toMatchObject({ code: 'server-error', retryable: true })
    expect(error.message).toContain('500 broken')
    expect(llm.getRequests()).toHaveLength(2)
  })

  it.each([
    [401, 'unauthorized', false],
    [403, 'unauthorized', false],
    [404, 'invalid-request', false],
    [422, 'invalid-request', false],
  ])('is not asked again after %i, which is %s', async (status, code, retryable) => {
    answerWith({ error: { message: `Incorrect API key provided: ${KEY}` }, status })
    const error = await failureOf(ask({ maxRetries: 3 }))
    expect(error).toMatchObject({ code, retryable })
    expect(llm.getRequests()).toHaveLength(1)
  })

  it.each([
    ['rate_limit_exceeded', true],
    ['insufficient_quota', false],
  ])('says by the reason of a 429 whether waiting helps: %s', async (reason, retryable) => {
    answerWith({ error: { message: 'no', code: reason }, status: 429 })
    expect(await failureOf(ask())).toMatchObject({ code: 'rate-limited', retryable })
  })

  it.each([400, 401, 403, 404, 408, 409, 429, 500, 503])(
    'never shows the key, even when it echoes it with %i',
    async (status) => {
      answerWith({ error: { message: `your key ${KEY}\nis odd`, type: KEY, code: KEY }, status })
      expect(everythingIn(await failureOf(ask()))).not.toContain(KEY)
    },
  )

  it('is unreachable when nothing listens there', async () => {
    const gone = await withServer(200, {}, '', async (baseUrl) => baseUrl)
    const error = await failureOf(ask({ baseUrl: gone }))
    expect(error).toMatchObject({ code: 'unreachable', retryable: true })
    expect(error.message).toContain('ECONNREFUSED')
  })

  it('times out when it does not answer in time', async () => {
    const released = Promise.withResolvers<FixtureResponse>()
    llm.on({ endpoint: 'chat' }, () => released.promise)
    try {
      expect(await failureOf(ask({ timeoutMs: 100 }))).toMatchObject({ code: 'timeout', retryable: true })
    } finally {
      released.resolve({ content: 'too late' })
    }
  })

  it.each([
    ['a page', { 'content-type': 'text/html' }, '<html>Welcome</html>', false],
    ['broken JSON', { 'content-type': 'application/json' }, '{"choices":[', true],
    ['nothing', { 'content-type': 'application/json' }, '', false],
    ['other JSON', { 'content-type': 'application/json' }, '{"ok":true}', false],
  ])('gives an invalid response when it sends %s', async (_what, headers, body, retryable) => {
    const error = await withServer(200, headers, body, (baseUrl) => failureOf(ask({ baseUrl })))
    expect(error).toMatchObject({ code: 'invalid-response', retryable })
  })

  it('is not followed to another address', async () => {
    answerWith({ content: 'from elsewhere' })
    const elsewhere = { location: `${llm.url}/v1/chat/completions` }
    const error = await withServer(307, elsewhere, '', (baseUrl) => failureOf(ask({ baseUrl })))
    expect(error.code).toBe('invalid-response')
    expect(llm.getRequests()).toEqual([])
  })
})

describe('an aborted conversation', () => {
  it('ends at once during a request, with the reason of the abort', async () => {
    const asked = Promise.withResolvers<void>()
    const released = Promise.withResolvers<FixtureResponse>()
    llm.on({ endpoint: 'chat' }, () => {
      asked.resolve()
      return released.promise
    })
    const controller = new AbortController()
    const conversation = ask({ maxRetries: 2 }, controller.signal)
    await asked.promise
    const reason = new Error('the task was canceled')
    controller.abort(reason)
    expect(await conversation).toMatchObject({ reason: 'canceled', cause: reason })
    released.resolve({ content: 'too late' })
  })

  it('ends during the wait before a retry', async () => {
    answerWith({ error: { message: 'slow down' }, status: 429, retryAfter: 30 })
    const controller = new AbortController()
    const outcome = ask({ maxRetries: 1 }, controller.signal)
    await expect.poll(() => llm.getRequests().length).toBe(1)
    controller.abort()
    expect(await outcome).toMatchObject({ reason: 'canceled', cause: { name: 'AbortError' } })
    expect(llm.getRequests()).toHaveLength(1)
  })

  it('sends nothing when it was aborted before', async () => {
    expect(await ask({}, AbortSignal.abort())).toMatchObject({ reason: 'canceled' })
    expect(llm.getRequests()).toEqual([])
  })
})
