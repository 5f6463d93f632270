import type { Embedder } from '@guildhall/matching'
import { CircuitBreaker, embedTexts, type ModelEndpoint } from '@guildhall/models'
import { endpointTimeLeft } from './endpoint.time.js'

/** What follows changes the vector little; endpoints refuse what is much longer. */
const readCharacters = 6_000

/** Vectors of an endpoint that speaks OpenAI's embeddings. Rejects at once while its breaker is open. */
export class EndpointEmbedder implements Embedder {
  readonly id: string
  readonly remote = true
  /** Grows with each refusal or failure. */
  failures = 0
  private readonly breaker = new CircuitBreaker()
  private dimensions = 0

  constructor(private readonly endpoint: ModelEndpoint) {
    this.id = `${endpoint.baseUrl ?? 'openai'} ${endpoint.model}`
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const lines = texts.map(readable)
    const filled = lines.filter((line) => line !== '')
    try {
      const vectors = filled.length > 0 ? await this.ask(filled, signal) : []
      this.dimensions = vectors[0]?.length ?? this.dimensions
      if (this.dimensions === 0) throw new Error('there is no text to make vectors of')
      let at = 0
      return lines.map((line) => (line === '' ? new Float32Array(this.dimensions) : unit(vectors[at++]!)))
    } catch (error) {
      this.failures += 1
      throw error
    }
  }

  private ask(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const timeoutMs = endpointTimeLeft()
    return this.breaker.run(() =>
      embedTexts({
        endpoint: { ...this.endpoint, timeoutMs, maxRetries: 1 },
        texts,
        timeoutMs,
        ...(signal && { signal }),
      }),
    )
  }
}

function readable(text: string): string {
  return text.slice(0, readCharacters).replace(/\s+/g, ' ').trim().toWellFormed()
}

/** The matcher compares vectors of unit length. */
function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}
