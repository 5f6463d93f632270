import { readFileSync } from 'node:fs'
import type { TokenUsage } from './conversation.turn.js'
import { compileSchema } from './json.schema.js'

/** What a model costs, in US dollars for a million tokens. */
export interface ModelPrice {
  inputUsdPerMillion: number
  /** Input that the endpoint had in its prompt cache; absent: as other input. */
  cachedInputUsdPerMillion?: number
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
export function costOf(
  price: ModelPrice,
  { inputTokens, cachedInputTokens = 0, outputTokens }: TokenUsage,
): number {
  const { inputUsdPerMillion, cachedInputUsdPerMillion = inputUsdPerMillion, outputUsdPerMillion } = price
  const cached = Math.min(cachedInputTokens, inputTokens)
  const millionths =
    (inputTokens - cached) * inputUsdPerMillion +
    cached * cachedInputUsdPerMillion +
    outputTokens * outputUsdPerMillion
  return millionths / 1_000_000
}
