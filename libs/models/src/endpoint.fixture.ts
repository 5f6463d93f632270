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
