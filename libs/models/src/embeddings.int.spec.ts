import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embedTexts, type EmbeddingOptions } from './embeddings.js'
import {
  failure,
  json,
  silence,
  startEndpoint,
  type Responder,
  type TestEndpoint,
} from './endpoint.fixture.js'

let endpoint: TestEndpoint

beforeAll(async () => {
  endpoint = await startEndpoint()
})
afterAll(() => endpoint.stop())

/** A vector for each text that begins with the text's length. */
const embed: Responder = (response, { body }) => {
  const data = (body['input'] as unknown as string[]).map((text, index) => ({
    index,
    embedding: [text.length, 1],
  }))
  return json({ data: data.toReversed() })(response, undefined as never)
}

function ask(texts: string[], changes: Partial<EmbeddingOptions> = {}) {
  return embedTexts({
    endpoint: { baseUrl: endpoint.baseUrl, model: 'e', maxRetries: 0 },
    texts,
    ...changes,
  })
}

describe('embedTexts', () => {
  it('gives the vectors in the order of the texts, over several requests when there are many', async () => {
    endpoint.answerWith(embed)
    const texts = Array.from({ length: 200 }, (_, index) => 'x'.repeat(index + 1))
    const vectors = await ask(texts)
    expect(vectors.map((vector) => vector[0])).toEqual(texts.map((text) => text.length))
    expect(vectors[0]).toBeInstanceOf(Float32Array)
    expect(endpoint.requests.map(({ path }) => path)).toEqual(Array(3).fill('/v1/embeddings'))
    expect(endpoint.requests[0]?.body).toMatchObject({ model: 'e', encoding_format: 'float' })
  })

  it('asks nothing for no texts, and refuses an empty one', async () => {
    endpoint.answerWith(embed)
    expect(await ask([])).toEqual([])
    await expect(ask(['a', ' '])).rejects.toThrow('Text 1 is empty')
    expect(endpoint.requests).toEqual([])
  })

  it.each([
    ['too few vectors', { data: [{ index: 0, embedding: [1] }] }],
    ['one vector twice', { data: [1, 1].map(() => ({ index: 0, embedding: [1] })) }],
    ['an invented index', { data: [0, 7].map((index) => ({ index, embedding: [1] })) }],
    [
      'vectors of different lengths',
      { data: [[1], [1, 2]].map((embedding, index) => ({ index, embedding })) },
    ],
    ['text', { data: ['a', 'b'].map((embedding, index) => ({ index, embedding })) }],
    ['holes', { data: [0, 1].map((index) => ({ index, embedding: [1, null] })) }],
    ['something else', { ok: true }],
  ])('does not take %s for an answer', async (_what, answer) => {
    endpoint.answerWith(json(answer))
    await expect(ask(['a', 'b'])).rejects.toMatchObject({ name: 'ModelError', code: 'invalid-response' })
  })

  it('tries again as the endpoint asks, within the time for everything', async () => {
    endpoint.answerWith(failure(429, 'slow down', { 'retry-after-ms': '50' }), embed)
    const endpointTwice = { baseUrl: endpoint.baseUrl, model: 'e', maxRetries: 1 }
    expect(await ask(['a'], { endpoint: endpointTwice })).toHaveLength(1)
    const [first, second] = endpoint.requests
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(49)
    endpoint.answerWith(silence)
    await expect(ask(['a'], { timeoutMs: 100 })).rejects.toMatchObject({ name: 'TimeBudgetError' })
  })
})
