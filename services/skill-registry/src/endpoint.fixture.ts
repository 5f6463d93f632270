import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What tests look at of a request. */
export interface SeenRequest {
  path: string
  body: { input?: string[]; messages?: { role: string; content: string }[] }
}

export type Responder = (response: ServerResponse, request: SeenRequest) => void | Promise<void>

/** An endpoint on loopback that does, path by path, what no well-behaved one does. */
export class TestEndpoint {
  readonly requests: SeenRequest[] = []
  embeddings: Responder = wordVectors
  chat: Responder = silence

  private constructor(
    readonly baseUrl: string,
    private readonly server: ReturnType<typeof createServer>,
  ) {}

  static async start(): Promise<TestEndpoint> {
    const server = createServer()
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as AddressInfo
    const endpoint = new TestEndpoint(`http://127.0.0.1:${port}/v1`, server)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as SeenRequest['body']
        const seen = { path: request.url ?? '', body }
        endpoint.requests.push(seen)
        void (seen.path.endsWith('/embeddings') ? endpoint.embeddings : endpoint.chat)(response, seen)
      })
    })
    return endpoint
  }

  model(model = 'double') {
    return { baseUrl: this.baseUrl, model }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }
}

export const silence: Responder = () => undefined

export function json(value: unknown, status = 200): Responder {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
}

export const broken: Responder = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"data": [')
}

export function after(ms: number, responder: Responder): Responder {
  return async (response, request) => {
    await sleep(ms)
    if (!response.destroyed) await responder(response, request)
  }
}

/** A chat completion with this content. */
export function completion(content: unknown): Responder {
  return json({
    id: 'c1',
    object: 'chat.completion',
    model: 'double',
    choices: [
      { index: 0, message: { role: 'assistant', content: JSON.stringify(content) }, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  })
}

/** Texts with common words get vectors that are near each other. */
function wordVectors(response: ServerResponse, { body }: SeenRequest): void {
  const data = (body.input ?? []).map((text, index) => ({ index, embedding: wordVector(text) }))
  json({ object: 'list', data, model: 'double' })(response, { path: '', body }) as undefined
}

export function wordVector(text: string): number[] {
  const vector = new Array<number>(64).fill(0)
  for (const word of text.toLowerCase().match(/\p{L}{4,}/gu) ?? []) {
    const place = [...word.slice(0, 5)].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 64, 7)
    vector[place]! += 1
  }
  return vector
}
