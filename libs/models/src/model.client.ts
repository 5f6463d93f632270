import OpenAI from 'openai'
import type { ResolvedEndpoint } from './model.endpoint.js'

/** The package's client for one endpoint. It never retries: see `askPatiently`. */
export function openClient(endpoint: ResolvedEndpoint): OpenAI {
  return new OpenAI({
    apiKey: endpoint.apiKey,
    baseURL: endpoint.baseUrl,
    // The package fills what is left out from OPENAI_* variables; this endpoint must get nothing meant for another.
    // (Only OPENAI_CUSTOM_HEADERS cannot be switched off.)
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    timeout: endpoint.timeoutMs,
    maxRetries: 0,
    // At level debug, which an environment variable can choose, the package prints prompts.
    logLevel: 'off',
    // Following a 301 turns the POST into a GET and hides that the address is wrong.
    fetchOptions: { redirect: 'manual' },
  })
}
