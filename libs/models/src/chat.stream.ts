import { Stream } from 'openai/streaming'
import type { ChatRequest } from './chat.request.js'
import { modelErrorFrom } from './endpoint.failure.js'
import { openClient } from './model.client.js'
import type { ResolvedEndpoint } from './model.endpoint.js'
import { ModelError, placeOf } from './model.error.js'
import { TurnCollector, TurnTooLongError } from './turn.collector.js'
import { Watchdog } from './watchdog.js'

const WHOLE_ANSWER_LIMIT_BYTES = 16 * 1024 * 1024

export interface StreamOptions {
  signal?: AbortSignal | undefined
  /**
   * Called for each piece of the answer; `text` is empty for thoughts and arguments, `bytes` counts all of it so far.
   * What it throws ends the turn and is thrown on.
   */
  onPiece?: (text: string, bytes: number) => void
}

/**
 * Asks the endpoint once and reads the answer as it comes. An endpoint that answers whole instead is read as well.
 * The answer is unread: see `readTurn`.
 *
 * @throws ModelError: `timeout` when the answer did not begin or end in time, `stalled` when it stopped in the middle,
 * `interrupted` when it was cut; the signal's reason when aborted
 */
export async function streamModel(
  endpoint: ResolvedEndpoint,
  request: ChatRequest,
  { signal, onPiece }: StreamOptions = {},
): Promise<unknown> {
  const place = placeOf(endpoint)
  const { timeoutMs, stallMs, longestMs } = endpoint
  const watchdog = new Watchdog(signal, longestMs, () => late(`${place} was not done within ${longestMs} ms`))
  try {
    watchdog.expectWithin(timeoutMs, () => late(`${place} did not answer within ${timeoutMs} ms`))
    watchdog.signal.throwIfAborted()
    const response = await send(endpoint, request, watchdog.signal).catch((error: unknown) => {
      if (!endpoint.streaming || !refusesStreaming(error)) throw error
      return send({ ...endpoint, streaming: false }, request, watchdog.signal)
    })
    const heard = (): void =>
      watchdog.expectWithin(stallMs, () => {
        return new ModelError('stalled', true, `${place} said nothing more for ${stallMs} ms`)
      })
    return isEventStream(response)
      ? await readEvents(response, endpoint, heard, onPiece)
      : await readWhole(response, endpoint, heard)
  } catch (error) {
    throw watchdog.signal.aborted ? watchdog.signal.reason : error
  } finally {
    watchdog.end()
  }
}

function refusesStreaming(error: unknown): boolean {
  return error instanceof ModelError && error.code === 'invalid-request' && /\bstream/i.test(error.message)
}

async function send(
  endpoint: ResolvedEndpoint,
  request: ChatRequest,
  signal: AbortSignal,
): Promise<Response> {
  const streaming = endpoint.streaming
    ? ({ stream: true, stream_options: { include_usage: true } } as const)
    : ({ stream: false } as const)
  try {
    const body = { ...request, model: endpoint.model, ...streaming }
    return await openClient(endpoint).chat.completions.create(body, { signal }).asResponse()
  } catch (error) {
    throw modelErrorFrom(error, endpoint)
  }
}

async function readEvents(
  response: Response,
  endpoint: ResolvedEndpoint,
  heard: () => void,
  onPiece: StreamOptions['onPiece'],
): Promise<unknown> {
  const collector = new TurnCollector()
  // The client is only for its log level: without it the package prints events that it cannot read.
  const events = Stream.fromSSEResponse<unknown>(response, new AbortController(), openClient(endpoint))[
    Symbol.asyncIterator
  ]()
  for (;;) {
    const next = await events.next().catch((error: unknown) => {
      throw brokenStream(error, endpoint)
    })
    if (next.done) break
    heard()
    try {
      const text = collector.add(next.value)
      onPiece?.(text, collector.bytes)
    } catch (error) {
      if (!(error instanceof TurnTooLongError)) throw error
      throw new ModelError('invalid-response', false, `${placeOf(endpoint)} sent ${error.message}`)
    }
  }
  if (!collector.isFinished && !collector.isEmpty) throw interrupted(endpoint)
  return collector.completion()
}

async function readWhole(
  response: Response,
  endpoint: ResolvedEndpoint,
  heard: () => void,
): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    const body = (response.body ?? []) as AsyncIterable<Uint8Array>
    for await (const chunk of body) {
      heard()
      bytes += chunk.byteLength
      if (bytes > WHOLE_ANSWER_LIMIT_BYTES) break
      chunks.push(chunk)
    }
  } catch {
    throw interrupted(endpoint)
  }
  if (bytes > WHOLE_ANSWER_LIMIT_BYTES) {
    const message = `${placeOf(endpoint)} sent more than ${WHOLE_ANSWER_LIMIT_BYTES} bytes in one turn`
    throw new ModelError('invalid-response', false, message)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  // What is not meant as JSON is left for `readTurn` to refuse.
  if (!/^\s*[{[]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    throw new ModelError('invalid-response', true, `${placeOf(endpoint)} answered with broken JSON`)
  }
}

/** What went wrong in the middle: the connection, an event that is no JSON, or an error that came as an event. */
function brokenStream(error: unknown, endpoint: ResolvedEndpoint): ModelError {
  if (error instanceof SyntaxError) {
    return new ModelError('invalid-response', true, `${placeOf(endpoint)} sent an event that is no JSON`)
  }
  return error instanceof TypeError ? interrupted(endpoint) : modelErrorFrom(error, endpoint)
}

function interrupted(endpoint: ResolvedEndpoint): ModelError {
  return new ModelError('interrupted', true, `The answer was cut in the middle: ${placeOf(endpoint)}`)
}

function late(message: string): ModelError {
  return new ModelError('timeout', true, message)
}

function isEventStream(response: Response): boolean {
  return /event-stream/i.test(response.headers.get('content-type') ?? '')
}
