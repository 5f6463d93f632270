import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { costOf, highestCostOf, PriceTable } from './price.table.js'

const dir = mkdtempSync(join(tmpdir(), 'prices-'))
afterAll(() => rmSync(dir, { recursive: true }))

function read(text: string): PriceTable {
  const path = join(dir, 'prices.json')
  writeFileSync(path, text)
  return PriceTable.fromFile(path)
}

const price = {
  inputUsdPerMillion: 2,
  outputUsdPerMillion: 8,
  checkedOn: '2026-01-01',
  source: 'https://a.example',
}

describe('the price table', () => {
  it('is shipped with the default model, and says when and where each price was read', () => {
    const table = PriceTable.shipped()
    expect(table.priceOf('gpt-4.1-mini')).toMatchObject({
      checkedOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      source: expect.stringMatching(/^https:/),
    })
    expect(table.version).toMatch(/^\d{4}-\d\d-\d\d$/)
  })

  it('is the operator’s own when there is one', () => {
    const table = read(JSON.stringify({ version: '7', models: { own: price } }))
    expect(table.priceOf('own')).toEqual(price)
    expect([table.priceOf('gpt-4.1-mini'), table.priceOf('constructor')]).toEqual([undefined, undefined])
  })

  it.each([
    ['{', 'not valid JSON'],
    ['{"models":{}}', 'version'],
    [JSON.stringify({ version: '1', models: { a: { ...price, inputUsdPerMillion: -1 } } }), 'must be >= 0'],
    [
      JSON.stringify({ version: '1', models: { a: { ...price, outputUsdPerMillion: '8' } } }),
      'must be number',
    ],
  ])('is refused when it is %s', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })
})

describe('the cost', () => {
  it('tells cached input apart where the price does', () => {
    const usage = { inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 500_000 }
    expect(costOf(price, usage)).toBe(6)
    expect(costOf({ ...price, cachedInputUsdPerMillion: 0.5 }, usage)).toBeCloseTo(1.2 + 0.2 + 4)
    expect(costOf(price, { ...usage, cachedInputTokens: 9_000_000 })).toBe(6)
  })

  it('of what the endpoint put into its cache is higher where the price says so', () => {
    const usage = {
      inputTokens: 1_000_000,
      cachedInputTokens: 400_000,
      cacheWriteTokens: 500_000,
      outputTokens: 0,
    }
    const own = { ...price, cachedInputUsdPerMillion: 0.5, cacheWriteUsdPerMillion: 2.5 }
    expect(costOf(own, usage)).toBeCloseTo(0.2 + 0.2 + 1.25)
    expect(costOf(price, usage)).toBe(2)
    expect(costOf(own, { ...usage, cacheWriteTokens: 9_000_000 })).toBeCloseTo(0.2 + 1.5)
    expect(highestCostOf(own, 1_000_000, 500_000)).toBe(6.5)
    expect(highestCostOf({ ...own, cacheWriteUsdPerMillion: 0 }, 1_000_000, 500_000)).toBe(6)
  })
})
