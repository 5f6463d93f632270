import OpenAI from 'openai'
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions'
import type { ResolvedEndpoint } from './model.endpoint.js'
import { isContextTooLong, modelErrorFrom } from './model.error.js'

export const CONTEXT_TOO_LONG = Symbol('context-too-long')

export type ChatRequest = Omit<ChatCompletionCreateParamsNonStreaming, 'model' | 'stream'>

/** Asks the endpoint once, with the endpoint's own retries. The answer is unread: see `readTurn`. */
export type AskModel = (request: ChatRequest, signal?: AbortSignal) => Promise<unknown>

/**
 * @returns a function that answers `CONTEXT_TOO_LONG` when the conversation no longer fits, rejects with the signal's
 * reason when aborted, and with a `ModelError` for everything else
 */
export function connectModel(endpoint: ResolvedEndpoint): AskModel {
  const client = new OpenAI({
    apiKey: endpoint.apiKey,
    baseURL: endpoint.baseUrl,
    // The package fills what is left out from OPENAI_* variables; this endpoint must get nothing meant for another.
    // (Only OPENAI_CUSTOM_HEADERS cannot be switched off.)
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    timeout: endpoint.timeoutMs,
    maxRetries: endpoint.maxRetries,
    // At level debug, which an environment variable can choose, the package prints prompts.
    logLevel: 'off',
    // Following a 301 turns the POST into a GET and hides that the address is wrong.
    fetchOptions: { redirect: 'manual' },
  })
  return async (request, signal) => {
    signal?.throwIfAborted()
    try {
      return await client.chat.completions.create(
        { ...request, model: endpoint.model },
        signal ? { signal } : undefined,
      )
    } catch (error) {
      signal?.throwIfAborted()
      if (isContextTooLong(error)) return CONTEXT_TOO_LONG
      throw modelErrorFrom(error, endpoint)
    }
  }
}
