import { askPatiently } from './model.attempts.js'
import { resolveEndpoint, type ModelEndpoint, type ResolvedEndpoint } from './model.endpoint.js'
import { ModelError, placeOf } from './model.error.js'
import { openaiClient } from './openai.loading.js'
import { withinTime } from './time.budget.js'

/** Texts of one request; compatible endpoints take between 100 and 2048. */
const TEXTS_PER_REQUEST = 96

export interface EmbeddingOptions {
  /** `model` is the embedding model's name. */
  endpoint: ModelEndpoint
  /** Not cut here; endpoints refuse empty texts, so those are refused before anything is sent. */
  texts: readonly string[]
  signal?: AbortSignal
  /** For everything: all requests, retries and waits. Default 10_000. */
  timeoutMs?: number
}

/**
 * @returns one vector for each text, in order, all of one length, every number finite; as the endpoint gave them, not
 * normalised
 * @throws ModelError; TimeBudgetError; TypeError for an empty text; the signal's reason when aborted
 */
export async function embedTexts(options: EmbeddingOptions): Promise<Float32Array[]> {
  const { texts, signal, timeoutMs = 10_000 } = options
  const endpoint = resolveEndpoint(options.endpoint)
  const empty = texts.findIndex((text) => text.trim() === '')
  if (empty >= 0) throw new TypeError(`Text ${empty} is empty: there is nothing to embed`)
  return withinTime(timeoutMs, signal, async (stop) => {
    const vectors: Float32Array[] = []
    for (let start = 0; start < texts.length; start += TEXTS_PER_REQUEST) {
      const group = texts.slice(start, start + TEXTS_PER_REQUEST)
      const { answer } = await askPatiently([endpoint], () => request(endpoint, group, stop), {
        signal: stop,
      })
      vectors.push(...answer)
    }
    if (vectors.some((vector) => vector.length !== vectors[0]?.length)) {
      throw invalid(endpoint, 'vectors of different lengths')
    }
    return vectors
  })
}

async function request(
  endpoint: ResolvedEndpoint,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const { openClient, modelErrorFrom } = await openaiClient()
  let response: unknown
  try {
    const { model } = endpoint
    // The package would ask for base64, which several compatible endpoints do not know.
    response = await openClient(endpoint).embeddings.create(
      { model, input: [...texts], encoding_format: 'float' },
      { signal },
    )
  } catch (error) {
    signal.throwIfAborted()
    throw modelErrorFrom(error, endpoint)
  }
  return readVectors(response, texts.length, endpoint)
}

function readVectors(response: unknown, count: number, endpoint: ResolvedEndpoint): Float32Array[] {
  const items = (response as { data?: unknown } | null)?.data
  if (!Array.isArray(items) || items.length !== count) {
    throw invalid(endpoint, `not the ${count} vectors that it was asked for: check its baseUrl and model`)
  }
  const vectors = new Array<Float32Array | undefined>(count).fill(undefined)
  for (const [position, item] of (items as { index?: unknown; embedding?: unknown }[]).entries()) {
    const index = typeof item?.index === 'number' ? item.index : position
    if (!(index in vectors) || vectors[index] || !isVector(item?.embedding)) {
      throw invalid(endpoint, 'something else than one vector of finite numbers for each text')
    }
    vectors[index] = Float32Array.from(item.embedding)
  }
  return vectors as Float32Array[]
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((number) => Number.isFinite(number))
}

function invalid(endpoint: ResolvedEndpoint, what: string): ModelError {
  return new ModelError('invalid-response', false, `${placeOf(endpoint)} answered with ${what}`)
}
