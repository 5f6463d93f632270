import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Budget } from './budget.js'
import type { BudgetState } from './budget.state.js'
import { endpointAt, talkWith } from './conversation.fixture.js'
import {
  call,
  delta,
  failure,
  say,
  silence,
  startEndpoint,
  stream,
  type Responder,
  type TestEndpoint,
} from './endpoint.fixture.js'
import { PriceTable } from './price.table.js'

const dir = mkdtempSync(join(tmpdir(), 'budget-'))
let endpoint: TestEndpoint
let prices: PriceTable

beforeAll(async () => {
  endpoint = await startEndpoint()
  const path = join(dir, 'prices.json')
  const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 10, checkedOn: '2026-01-01', source: 'a test' }
  writeFileSync(path, JSON.stringify({ version: 'test', models: { m: price } }))
  prices = PriceTable.fromFile(path)
})
afterAll(async () => {
  await endpoint.stop()
  rmSync(dir, { recursive: true })
})

const state = (budget: Budget) => JSON.parse(JSON.stringify(budget)) as BudgetState
const again: Responder = (response, request) =>
  call(`call_${request.body.messages.length}`, 'fs_read', {})(response, request)

describe('a conversation within a budget', () => {
  it('reserves before each request and settles by what the endpoint says', async () => {
    endpoint.answerWith(call('call_a', 'fs_read', {}), say('A poem.'))
    const budget = new Budget({ tokens: 10_000, costUsd: 1 })
    const reserved: BudgetState[] = []
    const onReserve = () => {
      expect(endpoint.requests).toHaveLength(reserved.length)
      reserved.push(state(budget))
      return Promise.resolve()
    }
    const { conversation, of } = await talkWith([endpointAt(endpoint)], { budget, prices, onReserve })
    expect(conversation).toMatchObject({ reason: 'completed', costUsd: expect.closeTo(0.00012) })
    expect(of('turn-counted')).toMatchObject([{ costUsd: expect.closeTo(0.00006) }, {}])
    expect(
      reserved.map(({ reserved, spent }) => [reserved.calls, reserved.tokens > 4_000, spent.tokens]),
    ).toEqual([
      [1, true, 0],
      [1, true, 15],
    ])
    expect(state(budget)).toMatchObject({
      spent: { tokens: 30, calls: 2, costUsd: expect.closeTo(0.00012), unpricedCalls: 0 },
      reserved: { tokens: 0, costUsd: 0, calls: 0 },
    })
    expect(endpoint.requests[0]?.body, 'its own limit holds').not.toHaveProperty('max_tokens')
  })

  it('ends when there is too little left for another turn, without asking', async () => {
    endpoint.answerWith(again)
    const budget = new Budget({ calls: 3 })
    const { conversation } = await talkWith([endpointAt(endpoint)], { budget })
    expect(conversation).toMatchObject({ reason: 'budget_exhausted', dimension: 'calls' })
    expect(endpoint.requests).toHaveLength(3)
  })

  it('counts each retry as a call', async () => {
    endpoint.answerWith(failure(429, 'slow down', { 'retry-after-ms': '0' }))
    const budget = new Budget({ calls: 2 })
    const { conversation } = await talkWith([endpointAt(endpoint, { maxRetries: 9 })], { budget })
    expect(conversation).toMatchObject({ reason: 'budget_exhausted', dimension: 'calls' })
    expect(endpoint.requests).toHaveLength(2)
    expect(state(budget).spent).toMatchObject({ calls: 2, tokens: 0 })
  })

  it('asks for shorter answers as it runs low, and says so when one was cut', async () => {
    endpoint.answerWith(say('Once upon a', 'length'))
    const budget = new Budget({ tokens: 300 })
    const { conversation } = await talkWith([endpointAt(endpoint)], { budget })
    expect(conversation).toMatchObject({ reason: 'budget_exhausted', dimension: 'tokens' })
    expect(endpoint.requests[0]?.body['max_tokens']).toBeLessThan(300)
  })

  it('takes more for an answer that grows', async () => {
    const long = delta({ content: 'x'.repeat(4_000) })
    endpoint.answerWith(stream([...Array<unknown>(10).fill(long), delta({}, 'stop')]))
    const budget = new Budget({ tokens: 20_000 })
    const { conversation } = await talkWith([endpointAt(endpoint)], { budget })
    expect(conversation.reason).toBe('completed')
    expect(state(budget).spent.tokens, 'estimated, as the endpoint gave no usage').toBeGreaterThan(10_000)
  })

  it('cuts an answer in the middle when the endpoint does not keep to the limit', async () => {
    const closed = Promise.withResolvers<void>()
    const chatter: Responder = (response, request) => {
      response.on('close', () => closed.resolve())
      return stream(Array<unknown>(50).fill(delta({ content: 'x'.repeat(100) })), 'open')(response, request)
    }
    endpoint.answerWith(chatter)
    const budget = new Budget({ tokens: 300 })
    const { conversation } = await talkWith([endpointAt(endpoint, { stallMs: 5_000 })], { budget })
    expect(conversation).toMatchObject({ reason: 'budget_exhausted', dimension: 'tokens', turns: [] })
    await closed.promise
    const { spent, reserved } = state(budget)
    expect(spent.tokens, 'what came is counted').toBeGreaterThan(250)
    expect(reserved.tokens).toBe(0)
  })

  it('cuts an answer when its time is over, and waits no longer for a retry', async () => {
    endpoint.answerWith(silence)
    const slow = await talkWith([endpointAt(endpoint)], { budget: new Budget({ wallMs: 80 }) })
    expect(slow.conversation).toMatchObject({ reason: 'budget_exhausted', dimension: 'wallMs' })
    endpoint.answerWith(failure(429, 'slow down', { 'retry-after': '30' }))
    const waiting = await talkWith([endpointAt(endpoint, { maxRetries: 1 })], {
      budget: new Budget({ wallMs: 80 }),
    })
    expect(waiting.conversation).toMatchObject({ reason: 'budget_exhausted', dimension: 'wallMs' })
  })

  it('in money does not begin with a model whose price nobody knows, nor with a second one', async () => {
    endpoint.answerWith(say('never asked'))
    const endpoints = [endpointAt(endpoint), endpointAt(endpoint, { model: 'dark-horse' })]
    const talk = talkWith(endpoints, { budget: new Budget({ costUsd: 1 }).child(), prices })
    await expect(talk).rejects.toMatchObject({ name: 'UnknownPriceError', model: 'dark-horse' })
    expect(endpoint.requests).toEqual([])
  })

  it('says that a cost is unknown where no budget asks for it', async () => {
    endpoint.answerWith(say('A poem.'))
    const budget = new Budget({})
    const { conversation } = await talkWith([endpointAt(endpoint, { model: 'dark-horse' })], {
      budget,
      prices,
    })
    expect(conversation).not.toHaveProperty('costUsd')
    expect(state(budget).spent).toMatchObject({ unpricedCalls: 1, costUsd: 0, tokens: 15 })
    expect(endpoint.requests[0]?.body).not.toHaveProperty('max_tokens')
  })

  it('takes less when input comes out of the endpoint’s cache', async () => {
    const usage = {
      prompt_tokens: 1_000,
      completion_tokens: 0,
      prompt_tokens_details: { cached_tokens: 900, cache_write_tokens: 60 },
    }
    endpoint.answerWith(stream([delta({ content: 'A poem.' }, 'stop'), { choices: [], usage }]))
    const { conversation } = await talkWith([endpointAt(endpoint, { model: 'gpt-4.1-mini' })])
    expect(conversation.usage).toEqual({
      inputTokens: 1_000,
      cachedInputTokens: 900,
      cacheWriteTokens: 60,
      outputTokens: 0,
    })
    expect(conversation.costUsd).toBeCloseTo((100 * 0.4 + 900 * 0.1) / 1e6, 12)
  })
})

describe('child agents', () => {
  it('cannot spend the same rest twice', async () => {
    const held = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    endpoint.answerWith(async (response, request) => {
      asked.resolve()
      await held.promise
      await say('A poem.')(response, request)
    })
    const budget = new Budget({ tokens: 4_250 })
    const first = talkWith([endpointAt(endpoint)], { budget: budget.child() })
    await asked.promise
    const second = await talkWith([endpointAt(endpoint)], { budget: budget.child() })
    expect(second.conversation.reason, 'what the first holds is not there for others').toBe(
      'budget_exhausted',
    )
    held.resolve()
    expect((await first).conversation.reason).toBe('completed')
    expect(state(budget).spent).toMatchObject({ tokens: 15, calls: 1 })
    endpoint.answerWith(say('A poem.'))
    const third = await talkWith([endpointAt(endpoint)], { budget: budget.child() })
    expect(third.conversation.reason, 'what the first gave back is there for others').toBe('completed')
  })

  it('are cut in the middle when what they share is used up', async () => {
    const chatter = stream(Array<unknown>(50).fill(delta({ content: 'x'.repeat(100) })), 'open')
    endpoint.answerWith(chatter)
    const parent = new Budget({ tokens: 400 })
    const child = parent.child({ tokens: 100_000 }).child()
    const { conversation } = await talkWith([endpointAt(endpoint, { stallMs: 5_000 })], { budget: child })
    expect(conversation).toMatchObject({ reason: 'budget_exhausted', dimension: 'tokens' })
    expect(state(parent).spent.tokens).toBe(state(child).spent.tokens)
  })
})

describe('a conversation that another process goes on with', () => {
  it('has what was left, and does not pay again for recorded turns', async () => {
    endpoint.answerWith(call('call_a', 'fs_read', {}), silence)
    const budget = new Budget({ tokens: 20_000 })
    const stop = new AbortController()
    const held = Promise.withResolvers<BudgetState>()
    const first = talkWith([endpointAt(endpoint)], {
      budget,
      signal: stop.signal,
      onReserve: () => {
        if (endpoint.requests.length === 1) held.resolve(state(budget))
        return Promise.resolve()
      },
    })
    const kept = await held.promise
    stop.abort(new Error('the process is gone'))
    const { recorded } = await first
    endpoint.answerWith(say('A poem.'))
    const resumed = Budget.resume(kept)
    const { conversation } = await talkWith([endpointAt(endpoint)], { budget: resumed, recorded })
    expect(conversation).toMatchObject({ reason: 'completed', usage: { inputTokens: 20, outputTokens: 10 } })
    expect(endpoint.requests).toHaveLength(1)
    const { spent } = state(resumed)
    expect(spent.calls, 'the call that was under way counts').toBe(3)
    expect(spent.tokens).toBe(15 + kept.reserved.tokens + 15)
  })
})
