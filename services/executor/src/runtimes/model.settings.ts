import { type LongConversations, longConversationWays } from '@guildhall/contracts'
import { Budget, type BudgetLimits, checkEndpoint, type ModelEndpoint, PriceTable } from '@guildhall/models'
import { type Environment, SettingError } from '@guildhall/service-defaults'

/** Plain data, so that it can be handed to another process. */
export interface ModelSettings {
  /** In order of preference; empty: no model is set up here. */
  endpoints: readonly ModelEndpoint[]
  /** A price table in the place of the shipped one. */
  pricesFile: string | undefined
  /** What one run may use up of models, unless its agent's own budget is narrower. */
  runBudget: BudgetLimits
  /** Unless the agent's own configuration says otherwise. */
  longConversations: LongConversations
}

/** A secret is named, not written: nothing in a list of endpoints has to be kept from a reader. */
const keyVariable = /^(OPENAI_API_KEY|GUILDHALL_MODEL_KEY(_[A-Z0-9]+)*)$/
const knownSettings: readonly string[] = [
  'baseUrl',
  'model',
  'timeoutMs',
  'stallMs',
  'longestMs',
  'streaming',
  'maxRetries',
  'structuredOutput',
  'contextTokens',
  'maxOutputTokens',
  'promptCacheKey',
] satisfies (keyof ModelEndpoint)[]

type ListedEndpoint = Omit<ModelEndpoint, 'apiKey'> & { apiKeyVariable?: string }

/**
 * GUILDHALL_MODELS: JSON list of endpoints, `[{"model", "baseUrl"?, "apiKeyVariable"?, …}]`, each with the fields of
 * `ModelEndpoint`; `apiKeyVariable` is OPENAI_API_KEY or begins with GUILDHALL_MODEL_KEY, and may have a _FILE. Without it
 * one endpoint: OPENAI_API_KEY[_FILE], OPENAI_BASE_URL, GUILDHALL_MODEL (default gpt-4.1-mini).
 * GUILDHALL_MODEL_PRICES: path of a price table. GUILDHALL_RUN_BUDGET: JSON `{"tokens"?, "costUsd"?, "calls"?, "wallMs"?}`,
 * default unlimited. GUILDHALL_LONG_CONVERSATIONS: `summarise` (default) or `leave-out`.
 * @throws SettingError
 */
export function readModelSettings(environment: Environment): ModelSettings {
  const listed = environment.json('GUILDHALL_MODELS', undefined, isListOrAbsent)
  return {
    endpoints: checked(listed?.map((endpoint) => withKey(endpoint, environment)) ?? readSingle(environment)),
    pricesFile: readPricesFile(environment),
    runBudget: readRunBudget(environment),
    longConversations: readLongConversations(environment),
  }
}

function checked(endpoints: ModelEndpoint[]): ModelEndpoint[] {
  try {
    endpoints.forEach(checkEndpoint)
    return endpoints
  } catch (error) {
    throw new SettingError((error as Error).message)
  }
}

function readSingle(environment: Environment): ModelEndpoint[] {
  const apiKey = environment.optionalSecret('OPENAI_API_KEY')
  const baseUrl = environment.optional('OPENAI_BASE_URL')
  if (!apiKey && !baseUrl) return []
  const model = environment.optional('GUILDHALL_MODEL') ?? 'gpt-4.1-mini'
  return [{ model, ...(apiKey && { apiKey }), ...(baseUrl && { baseUrl }) }]
}

function withKey({ apiKeyVariable, ...endpoint }: ListedEndpoint, environment: Environment): ModelEndpoint {
  const unknown = Object.keys(endpoint).find((name) => !knownSettings.includes(name))
  if (unknown === 'apiKey') {
    throw new SettingError('GUILDHALL_MODELS must hold no keys: name a variable in apiKeyVariable')
  }
  if (unknown)
    throw new SettingError(`GUILDHALL_MODELS has an endpoint with '${unknown}', which is no setting of one`)
  if (apiKeyVariable === undefined) return endpoint
  if (!keyVariable.test(apiKeyVariable)) {
    throw new SettingError(
      'apiKeyVariable in GUILDHALL_MODELS must be OPENAI_API_KEY or GUILDHALL_MODEL_KEY_<NAME>',
    )
  }
  return { ...endpoint, apiKey: environment.secret(apiKeyVariable) }
}

function readPricesFile(environment: Environment): string | undefined {
  const path = environment.optional('GUILDHALL_MODEL_PRICES')
  if (path === undefined) return undefined
  try {
    PriceTable.fromFile(path)
  } catch (error) {
    throw new SettingError(`GUILDHALL_MODEL_PRICES cannot be used: ${(error as Error).message}`)
  }
  return path
}

function readRunBudget(environment: Environment): BudgetLimits {
  const limits = environment.json('GUILDHALL_RUN_BUDGET', {}, isObject)
  try {
    return new Budget(limits).limits
  } catch (error) {
    throw new SettingError(`GUILDHALL_RUN_BUDGET cannot be used: ${(error as Error).message}`)
  }
}

function readLongConversations(environment: Environment): LongConversations {
  const value = environment.optional('GUILDHALL_LONG_CONVERSATIONS') ?? 'summarise'
  const way = longConversationWays.find((one) => one === value)
  if (way) return way
  throw new SettingError(`GUILDHALL_LONG_CONVERSATIONS must be summarise or leave-out, not '${value}'`)
}

function isObject(value: unknown): value is Record<string, never> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOrAbsent(value: unknown): value is ListedEndpoint[] | undefined {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item: unknown) => isObject(item) && typeof item['model'] === 'string')
  )
}
