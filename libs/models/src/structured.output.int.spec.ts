import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completion, failure, silence, startEndpoint, type TestEndpoint } from './endpoint.fixture.js'
import { completeStructured, type StructuredOptions } from './structured.output.js'

interface Draft {
  name: string
  steps: number
}

const schema = {
  type: 'object',
  properties: { name: { type: 'string' }, steps: { type: 'integer', minimum: 1 } },
  required: ['name', 'steps'],
  additionalProperties: false,
}
const good = JSON.stringify({ name: 'sorter', steps: 2 })
let endpoint: TestEndpoint
let other: TestEndpoint

beforeAll(async () => {
  endpoint = await startEndpoint()
  other = await startEndpoint()
})
afterAll(async () => {
  await endpoint.stop()
  await other.stop()
})

function at({ baseUrl }: TestEndpoint) {
  return { baseUrl, model: 'm', maxRetries: 0 }
}

function ask(changes: Partial<StructuredOptions<Draft>> = {}) {
  return completeStructured<Draft>({
    endpoints: [at(endpoint)],
    instructions: 'Draft a skill.',
    input: 'Sort files.',
    schema,
    ...changes,
  })
}

describe('structured output', () => {
  it('is asked for with the schema, strictly where the schema allows it', async () => {
    endpoint.answerWith(completion(good))
    expect(await ask()).toEqual({
      value: { name: 'sorter', steps: 2 },
      model: 'double',
      usage: { inputTokens: 10, outputTokens: 5 },
      isRepaired: false,
    })
    expect(endpoint.requests[0]?.body).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    })
    await ask({ schema: { type: 'object' } })
    expect(endpoint.requests[1]?.body).toMatchObject({ response_format: { json_schema: { strict: false } } })
  })

  it('falls back to any JSON object and then to the prompt alone, with the schema in it', async () => {
    endpoint.answerWith(
      failure(400, 'response_format json_schema is not supported'),
      failure(422, 'response_format is not supported'),
      completion(`Here it is:\n\`\`\`json\n${good}\n\`\`\``),
    )
    expect((await ask()).value).toEqual({ name: 'sorter', steps: 2 })
    const [, second, third] = endpoint.requests.map(({ body }) => body)
    expect(second?.['response_format']).toEqual({ type: 'json_object' })
    expect(third).not.toHaveProperty('response_format')
    expect(third?.messages[0]?.content).toContain('"minimum":1')
  })

  it('shows the model once what was wrong', async () => {
    endpoint.answerWith(completion('{"name":"sorter","steps":0}'), completion(good))
    expect(await ask()).toMatchObject({ value: { steps: 2 }, isRepaired: true, usage: { inputTokens: 20 } })
    const [, , said, problem] = endpoint.requests[1]?.body.messages ?? []
    expect(said).toEqual({ role: 'assistant', content: '{"name":"sorter","steps":0}' })
    expect(problem?.content).toContain('/steps must be >= 1')
  })

  it('lets the caller refuse what the schema cannot', async () => {
    endpoint.answerWith(completion('{"name":"taken","steps":1}'), completion(good))
    const validate = ({ name }: Draft) => (name === 'taken' ? 'the name is taken' : undefined)
    expect((await ask({ validate })).value.name).toBe('sorter')
    expect(endpoint.requests[1]?.body.messages.at(-1)?.content).toContain('the name is taken')
  })

  it.each([
    ['no JSON', 'I would rather not.', 'not valid JSON'],
    ['another shape', '[1]', 'must be object'],
    [
      'a property too many',
      '{"name":"a","steps":1,"rights":"all"}',
      'must NOT have additional properties (rights)',
    ],
  ])('that is %s twice is an error, and nobody sees it', async (_what, text, problem) => {
    endpoint.answerWith(completion(text))
    await expect(ask()).rejects.toMatchObject({
      name: 'StructuredOutputError',
      code: 'invalid-output',
      message: expect.stringContaining(problem),
    })
    expect(endpoint.requests).toHaveLength(2)
  })

  it.each([
    ['refused', { finish_reason: 'content_filter' }],
    ['refused', { message: { role: 'assistant', content: null, refusal: 'No.' } }],
    ['cut-off', { finish_reason: 'length' }],
  ])('is %s without a second request', async (code, over) => {
    endpoint.answerWith(completion(good, over))
    await expect(ask()).rejects.toMatchObject({ code })
    expect(endpoint.requests).toHaveLength(1)
  })

  it('comes from the second endpoint when the first fails, and says so', async () => {
    endpoint.answerWith(failure(500, 'down'))
    other.answerWith(completion('{}'), completion(good))
    const events: unknown[] = []
    const answer = await ask({ endpoints: [at(endpoint), at(other)], onEvent: (event) => events.push(event) })
    expect(answer.isRepaired).toBe(true)
    expect(events).toMatchObject([{ kind: 'hopped', code: 'server-error' }])
    expect(endpoint.requests, 'the repair stays where the answer came from').toHaveLength(1)
  })

  it('does not go to another endpoint with a key that was refused', async () => {
    endpoint.answerWith(failure(401, 'no'))
    other.answerWith(completion(good))
    const asked = ask({ endpoints: [at(endpoint), at(other)] })
    await expect(asked).rejects.toMatchObject({ name: 'ModelError', code: 'unauthorized' })
    expect(other.requests).toEqual([])
  })

  it('has one time for everything', async () => {
    endpoint.answerWith(completion('{}'), silence)
    await expect(ask({ timeoutMs: 150 })).rejects.toMatchObject({ name: 'TimeBudgetError' })
  })

  it('needs a schema that can be used', async () => {
    await expect(ask({ schema: { type: 'nonsense' } })).rejects.toThrow('The schema cannot be used')
  })
})
