import { askModel, limitOutput, type ChatRequest } from './chat.request.js'
import { addUsage, noUsage, type ConversationTurn, type TokenUsage } from './conversation.turn.js'
import { compileSchema, type SchemaCheck } from './json.schema.js'
import { askPatiently, type AttemptEvent } from './model.attempts.js'
import { resolveEndpoint, type ModelEndpoint, type ResolvedEndpoint } from './model.endpoint.js'
import { ModelError, placeOf } from './model.error.js'
import { parseStructured } from './structured.reading.js'
import {
  structuredModes,
  structuredRequest,
  type FailedAnswer,
  type StructuredMode,
  type StructuredQuestion,
} from './structured.request.js'
import { withinTime } from './time.budget.js'
import { mapToolNames } from './tool.names.js'
import { readTurn } from './turn.reading.js'

export type StructuredOutputCode =
  /** Two answers did not fit. */
  | 'invalid-output'
  | 'refused'
  /** The answer reached the limit on output. */
  | 'cut-off'

/** The model answered, but with nothing that may be used. The message quotes no answer. */
export class StructuredOutputError extends Error {
  override name = 'StructuredOutputError'

  constructor(
    readonly code: StructuredOutputCode,
    message: string,
  ) {
    super(message)
  }
}

export interface StructuredOptions<T> {
  /** In order of preference; when the first is given up, one other is asked. At least one. */
  endpoints: readonly ModelEndpoint[]
  /** The system message. Say in it what the data in `input` is for; quote foreign text with `quoteAsData`. */
  instructions: string
  input: string
  /** JSON Schema of one object. */
  schema: object
  /** `[A-Za-z0-9_-]`, at most 64; default `answer`. */
  schemaName?: string
  /** What the schema cannot say: what is wrong, in words that the model may read, or undefined. Must be pure. */
  validate?: (value: T) => string | undefined
  signal?: AbortSignal
  /** For everything: requests, retries, the repair. Default 30_000. */
  timeoutMs?: number
  /** In place of the endpoints' own. */
  maxOutputTokens?: number
  onEvent?: (event: AttemptEvent) => void
}

export interface StructuredAnswer<T> {
  value: T
  /** The model that answered, in the endpoint's own words. */
  model: string
  /** Of all requests together. */
  usage: TokenUsage
  /** Whether the first answer did not fit. */
  isRepaired: boolean
}

/**
 * One JSON object from a model, by the strictest way that the endpoint takes. It has passed the schema and `validate`
 * before it is returned; an answer that did not is shown to the model once, with the reason.
 *
 * @throws StructuredOutputError; ModelError; TimeBudgetError; TypeError for an unusable schema; the signal's reason
 */
export async function completeStructured<T>(options: StructuredOptions<T>): Promise<StructuredAnswer<T>> {
  const { maxOutputTokens } = options
  const endpoints = options.endpoints.map((endpoint) =>
    resolveEndpoint(maxOutputTokens === undefined ? endpoint : { ...endpoint, maxOutputTokens }),
  )
  const { instructions, input, schema, schemaName = 'answer' } = options
  const question = { instructions, input, schema, schemaName }
  const checkSchema = compileSchema(schema)
  const check: SchemaCheck = (value) => checkSchema(value) ?? options.validate?.(value as T)
  return withinTime(options.timeoutMs ?? 30_000, options.signal, async (signal) => {
    const ask = new StructuredAsking(question, endpoints, signal, options.onEvent)
    const first = await ask.once(undefined)
    const read = readStructured(first.text, check)
    if ('value' in read) return { ...ask.spent(), value: read.value as T, isRepaired: false }
    const second = readStructured((await ask.once({ text: first.text, problem: read.problem })).text, check)
    if ('value' in second) return { ...ask.spent(), value: second.value as T, isRepaired: true }
    throw new StructuredOutputError(
      'invalid-output',
      `the model ${JSON.stringify(ask.spent().model)} answered twice with something unusable: ${second.problem}`,
    )
  })
}

/** The requests of one question: what the endpoint turned out to take, and what it all used. */
class StructuredAsking {
  private readonly modes: StructuredMode[]
  private index = 0
  private model = ''
  private usage = noUsage

  constructor(
    private readonly question: StructuredQuestion,
    private readonly endpoints: readonly ResolvedEndpoint[],
    private readonly signal: AbortSignal,
    private readonly onEvent: ((event: AttemptEvent) => void) | undefined,
  ) {
    this.modes = endpoints.map((endpoint) => endpoint.structuredOutput)
  }

  spent(): { model: string; usage: TokenUsage } {
    return { model: this.model, usage: this.usage }
  }

  async once(failed: FailedAnswer | undefined): Promise<ConversationTurn> {
    const { answer, index } = await askPatiently(
      this.endpoints,
      (endpoint) => this.byStrictestMode(endpoint, failed),
      { first: this.index, signal: this.signal, ...(this.onEvent && { onEvent: this.onEvent }) },
    )
    this.index = index
    this.model = answer.model
    this.usage = addUsage(this.usage, answer.usage)
    if (answer.refusal !== undefined || answer.finishReason === 'content_filter') {
      throw new StructuredOutputError(
        'refused',
        `the model ${JSON.stringify(answer.model)} declined to answer`,
      )
    }
    if (answer.finishReason === 'length') {
      const message = `the answer of the model ${JSON.stringify(answer.model)} was cut off at the limit on output`
      throw new StructuredOutputError('cut-off', message)
    }
    return answer
  }

  private async byStrictestMode(
    endpoint: ResolvedEndpoint,
    failed: FailedAnswer | undefined,
  ): Promise<ConversationTurn> {
    const position = this.endpoints.indexOf(endpoint)
    for (;;) {
      const mode = this.modes[position] ?? 'prompt'
      const next = structuredModes[structuredModes.indexOf(mode) + 1]
      try {
        const completion = await askModel(endpoint, this.request(endpoint, mode, failed), this.signal)
        return readTurn(completion, {
          place: placeOf(endpoint),
          turnIndex: 0,
          names: mapToolNames([]),
          usedCallIds: new Set(),
        })
      } catch (error) {
        if (!(error instanceof ModelError) || error.code !== 'invalid-request' || !next) throw error
        this.modes[position] = next
      }
    }
  }

  private request(
    endpoint: ResolvedEndpoint,
    mode: StructuredMode,
    failed: FailedAnswer | undefined,
  ): ChatRequest {
    const request = structuredRequest(this.question, mode, failed)
    const { maxOutputTokens } = endpoint
    return maxOutputTokens === undefined ? request : limitOutput(request, endpoint, maxOutputTokens)
  }
}

function readStructured(text: string, check: SchemaCheck): { value: unknown } | { problem: string } {
  try {
    const value = parseStructured(text)
    const problem = check(value)
    return problem === undefined ? { value } : { problem }
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: error.message }
    throw error
  }
}
