import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a request to the double held. */
export interface SeenRequest {
  path: string
  headers: IncomingHttpHeaders
  // Tests look at whatever was sent.
  body: Record<string, never> & { messages: { role: string; content: string }[] }
  atMs: number
}

export type Responder = (response: ServerResponse, request: SeenRequest) => void | Promise<void>

/**
 * An HTTP server on loopback that answers each request with the next responder, the last one again and again: for all
 * that a well-behaved endpoint never does.
 */
export async function startEndpoint(...responders: Responder[]) {
  const requests: SeenRequest[] = []
  let queue = responders
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as SeenRequest['body']
      const seen = { path: request.url ?? '', headers: request.headers, body, atMs: performance.now() }
      const responder = queue[Math.min(requests.length, queue.length - 1)]
      requests.push(seen)
      void responder?.(response, seen)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    requests,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    answerWith: (...next: Responder[]) => {
      queue = next
      requests.length = 0
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

export type TestEndpoint = Awaited<ReturnType<typeof startEndpoint>>

/** One JSON answer. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Responder {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
  }
}

export function failure(status: number, message: string, headers: Record<string, string> = {}): Responder {
  return json({ error: { message } }, status, headers)
}

export const silence: Responder = () => undefined

/** A whole chat completion with this content. */
export function completion(content: string, over: Record<string, unknown> = {}): Responder {
  return json({
    id: 'c1',
    object: 'chat.completion',
    model: 'double',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', ...over }],
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  })
}

/** One event of a streamed answer. */
export function delta(fields: Record<string, unknown>, finishReason: string | null = null) {
  return { model: 'double', choices: [{ index: 0, delta: fields, finish_reason: finishReason }] }
}

export function callDelta(id: string, name: string, args: unknown) {
  return delta({ tool_calls: [{ index: 0, id, function: { name, arguments: JSON.stringify(args) } }] })
}

const usage = { choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } }

/** How a stream ends: as it should, by closing without an end, by a broken connection, or not at all. */
export type StreamEnd = 'done' | 'closed' | 'broken' | 'open'

/** A streamed answer; events that are text are sent as they are. */
export function stream(events: readonly unknown[], end: StreamEnd = 'done'): Responder {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (event: unknown): Promise<void> =>
      new Promise((sent) => {
        const data = typeof event === 'string' ? event : JSON.stringify(event)
        response.write(`data: ${data}\n\n`, () => sent())
      })
    for (const event of events) await send(event)
    if (end === 'done') await send('[DONE]')
    if (end === 'broken') response.destroy()
    else if (end !== 'open') response.end()
  }
}

/** A whole streamed answer with this text. */
export function say(text: string, finishReason = 'stop'): Responder {
  return stream([delta({ role: 'assistant', content: text }), delta({}, finishReason), usage])
}

/** A whole streamed turn that calls one tool. */
export function call(id: string, name: string, args: unknown): Responder {
  return stream([callDelta(id, name, args), delta({}, 'tool_calls'), usage])
}
