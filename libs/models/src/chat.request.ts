import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions'
import type { ResolvedEndpoint } from './model.endpoint.js'
import { openaiClient } from './openai.loading.js'

export type ChatRequest = Omit<ChatCompletionCreateParamsNonStreaming, 'model' | 'stream'>

/**
 * Asks the endpoint once. The answer is unread: see `readTurn`.
 *
 * @throws ModelError; the signal's reason when aborted
 */
export async function askModel(
  endpoint: ResolvedEndpoint,
  request: ChatRequest,
  signal?: AbortSignal,
): Promise<unknown> {
  signal?.throwIfAborted()
  const { openClient, modelErrorFrom } = await openaiClient()
  try {
    const body = { ...request, model: endpoint.model }
    return await openClient(endpoint).chat.completions.create(body, signal ? { signal } : undefined)
  } catch (error) {
    signal?.throwIfAborted()
    throw modelErrorFrom(error, endpoint)
  }
}

/** Limits the answer, in the word that the endpoint knows: OpenAI has dropped the one that all others took over. */
export function limitOutput(request: ChatRequest, endpoint: ResolvedEndpoint, tokens: number): ChatRequest {
  return endpoint.baseUrl === null
    ? { ...request, max_completion_tokens: tokens }
    : { ...request, max_tokens: tokens }
}
