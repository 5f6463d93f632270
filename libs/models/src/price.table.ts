import { readFileSync } from 'node:fs'
import type { TokenUsage } from './conversation.turn.js'
import { compileSchema } from './json.schema.js'

/** What a model costs, in US dollars for a million tokens. */
export interface ModelPrice {
  inputUsdPerMillion: number
  /** Input that the endpoint had in its prompt cache; absent: as other input. */
  cachedInputUsdPerMillion?: number
  /** Input that the endpoint put into its prompt cache, where that costs more; absent: as other input. */
  cacheWriteUsdPerMillion?: number
  outputUsdPerMillion: number
  /** The model's context window; absent: not known here. */
  contextTokens?: number
  /** Day on which the price was read at its source. */
  checkedOn: string
  source: string
}

const amount = { type: 'number', minimum: 0 }
const checkFile = compileSchema({
  type: 'object',
  properties: {
    version: { type: 'string', minLength: 1 },
    models: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: {
          inputUsdPerMillion: amount,
          cachedInputUsdPerMillion: amount,
          cacheWriteUsdPerMillion: amount,
          outputUsdPerMillion: amount,
          contextTokens: { type: 'integer', minimum: 1 },
          checkedOn: { type: 'string' },
          source: { type: 'string' },
        },
        required: ['inputUsdPerMillion', 'outputUsdPerMillion', 'checkedOn', 'source'],
        additionalProperties: false,
      },
    },
  },
  required: ['version', 'models'],
  additionalProperties: false,
})

/**
 * Prices by the endpoint's name of the model. The shipped table is a start, not a promise: prices change, and gateways
 * ask others. Whoever pays sets a table of their own.
 */
export class PriceTable {
  private constructor(
    /** Recorded with what is counted by it. */
    readonly version: string,
    private readonly models: ReadonlyMap<string, ModelPrice>,
  ) {}

  /** @param path a JSON file like `libs/models/prices.json`. @throws TypeError when it is not one; what reading throws */
  static fromFile(path: string | URL): PriceTable {
    let value: unknown
    try {
      value = JSON.parse(readFileSync(path, 'utf8'))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw new TypeError(`The price table is not valid JSON: ${error.message}`, { cause: error })
    }
    const problem = checkFile(value)
    if (problem !== undefined) throw new TypeError(`The price table cannot be used: ${problem}`)
    const { version, models } = value as { version: string; models: Record<string, ModelPrice> }
    return new PriceTable(version, new Map(Object.entries(models)))
  }

  static shipped(): PriceTable {
    return PriceTable.fromFile(new URL('../prices.json', import.meta.url))
  }

  /** Undefined when the table does not know the model: then its cost is unknown, which is not the same as nothing. */
  priceOf(model: string): ModelPrice | undefined {
    return this.models.get(model)
  }
}

/** US dollars for what was used. */
export function costOf(price: ModelPrice, usage: TokenUsage): number {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens } = usage
  const { inputUsdPerMillion: plain, outputUsdPerMillion } = price
  const { cachedInputUsdPerMillion = plain, cacheWriteUsdPerMillion = plain } = price
  const cached = Math.min(cachedInputTokens, inputTokens)
  const written = Math.min(cacheWriteTokens, inputTokens - cached)
  const millionths =
    (inputTokens - cached - written) * plain +
    cached * cachedInputUsdPerMillion +
    written * cacheWriteUsdPerMillion +
    outputTokens * outputUsdPerMillion
  return millionths / 1_000_000
}

/** US dollars that so many tokens cost at most, whatever of them is in the endpoint's cache. */
export function highestCostOf(price: ModelPrice, inputTokens: number, outputTokens: number): number {
  const { inputUsdPerMillion, cacheWriteUsdPerMillion = 0, outputUsdPerMillion } = price
  const inputRate = Math.max(inputUsdPerMillion, cacheWriteUsdPerMillion)
  return (inputTokens * inputRate + outputTokens * outputUsdPerMillion) / 1_000_000
}
