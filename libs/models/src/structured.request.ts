import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { ChatRequest } from './chat.request.js'
import { fitsStrictMode } from './json.schema.js'

/**
 * How the endpoint is held to the schema: by its own grammar, to any JSON object, or by nothing but the prompt. From
 * the first to the last fewer endpoints refuse it.
 */
export const structuredModes = ['json-schema', 'json-object', 'prompt'] as const
export type StructuredMode = (typeof structuredModes)[number]

const QUOTED_ANSWER_LIMIT_CHARS = 8_000

export interface StructuredQuestion {
  instructions: string
  input: string
  schemaName: string
  schema: object
}

/** An answer that did not fit, and why: shown to the model once. */
export interface FailedAnswer {
  text: string
  problem: string
}

export function structuredRequest(
  question: StructuredQuestion,
  mode: StructuredMode,
  failed: FailedAnswer | undefined,
): ChatRequest {
  const { instructions, input, schemaName, schema } = question
  const shown = `Answer with one JSON object and nothing else. It must fit this JSON Schema:\n${JSON.stringify(schema)}`
  const messages: ChatCompletionMessageParam[] = [
    { role: 'system', content: mode === 'json-schema' ? instructions : `${instructions}\n\n${shown}` },
    { role: 'user', content: input },
  ]
  if (failed) {
    messages.push(
      { role: 'assistant', content: failed.text.slice(0, QUOTED_ANSWER_LIMIT_CHARS).toWellFormed() || '{}' },
      {
        role: 'user',
        content: `That answer cannot be used: ${failed.problem}. Answer again with one whole, corrected JSON object.`,
      },
    )
  }
  const request: ChatRequest = { messages }
  if (mode === 'json-object') request.response_format = { type: 'json_object' }
  if (mode === 'json-schema') {
    request.response_format = {
      type: 'json_schema',
      json_schema: {
        name: schemaName,
        schema: schema as Record<string, unknown>,
        strict: fitsStrictMode(schema),
      },
    }
  }
  return request
}
