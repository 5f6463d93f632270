import { describe, expect, it } from 'vitest'
import { resolveEndpoint } from './model.endpoint.js'

describe('resolveEndpoint', () => {
  it('fills in what is absent', () => {
    expect(resolveEndpoint({ model: 'm' })).toEqual({
      baseUrl: null,
      apiKey: 'unused',
      model: 'm',
      timeoutMs: 60_000,
      stallMs: 30_000,
      longestMs: 600_000,
      streaming: true,
      maxRetries: 2,
      structuredOutput: 'json-schema',
      contextTokens: undefined,
      maxOutputTokens: undefined,
      promptCacheKey: true,
    })
  })

  it.each([
    [{ baseUrl: 'localhost:1234' }, 'must be an http or https URL'],
    [{ baseUrl: 'http://user:swordfish@localhost/v1' }, 'must not hold a user name or password'],
    [{ apiKey: 'swordfish\n' }, 'line break'],
    [{ model: ' ' }, 'needs the name of a model'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ stallMs: -1 }, 'stallMs'],
    [{ contextTokens: 1.5 }, 'contextTokens'],
    [{ maxRetries: 0.5 }, 'maxRetries'],
  ])('refuses %j without quoting a secret', (part, message) => {
    const resolve = (): unknown => resolveEndpoint({ model: 'm', ...part })
    expect(resolve).toThrow(message)
    expect(resolve).not.toThrow('swordfish')
  })
})
