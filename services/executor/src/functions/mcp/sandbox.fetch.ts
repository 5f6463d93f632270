import type { FetchLike } from '@modelcontextprotocol/client'
import type { SandboxPipe } from '../sandbox.pipe.js'

/** What `requestProgram` says of a request: its head once, its body in parts, and how it ended. */
interface Said {
  id: number
  status?: number
  headers?: [string, string][]
  chunk?: string
  end?: true
  error?: string
}

interface Exchange {
  answer: (response: Response) => void
  fail: (error: Error) => void
  body?: ReadableStreamDefaultController<Uint8Array>
}

const withoutBody = [204, 205, 304]

/** `fetch` whose requests a program in the sandbox makes, which sees no more of the network than its run may. */
export class SandboxFetch {
  private readonly exchanges = new Map<number, Exchange>()
  private lastId = 0

  constructor(private readonly pipe: SandboxPipe) {
    pipe.onLine = (line) => this.hear(line)
    const endAll = () => this.endAll(new Error('the program that makes the requests has ended'))
    pipe.ended.then(endAll, endAll)
  }

  readonly fetch: FetchLike = (url, { method = 'GET', headers, body, signal } = {}) => {
    const id = ++this.lastId
    return new Promise<Response>((resolve, reject) => {
      signal?.throwIfAborted()
      this.exchanges.set(id, { answer: resolve, fail: reject })
      signal?.addEventListener('abort', () => this.cancel(id, signal.reason), { once: true })
      const order = { id, url: String(url), method, headers: Object.fromEntries(new Headers(headers)) }
      this.pipe.write(JSON.stringify({ ...order, ...(typeof body === 'string' && { body }) }))
    })
  }

  private cancel(id: number, reason: unknown): void {
    if (!this.exchanges.has(id)) return
    this.pipe.write(JSON.stringify({ id, cancel: true }))
    this.break(id, reason instanceof Error ? reason : new Error('the request was given up'))
  }

  /** The sandbox holds nobody but our own program, and what a server sends comes as base64 or as a header. */
  private hear(line: string): void {
    const { id, status, headers = [], chunk, end, error } = JSON.parse(line) as Said
    const exchange = this.exchanges.get(id)
    if (!exchange) return
    if (error !== undefined) return this.break(id, new Error(error))
    if (status !== undefined) return this.begin(exchange, id, status, headers)
    if (chunk !== undefined) return exchange.body?.enqueue(Buffer.from(chunk, 'base64'))
    if (end) {
      exchange.body?.close()
      this.exchanges.delete(id)
    }
  }

  private begin(exchange: Exchange, id: number, status: number, headers: [string, string][]): void {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => void (exchange.body = controller),
      cancel: () => this.cancel(id, undefined),
    })
    try {
      exchange.answer(new Response(withoutBody.includes(status) ? null : stream, { status, headers }))
    } catch (error) {
      this.break(id, error as Error)
    }
  }

  private break(id: number, error: Error): void {
    const exchange = this.exchanges.get(id)
    this.exchanges.delete(id)
    exchange?.fail(error)
    try {
      exchange?.body?.error(error)
    } catch {
      // Its reader has canceled it: nobody reads on.
    }
  }

  private endAll(error: Error): void {
    for (const id of this.exchanges.keys()) this.break(id, error)
  }
}
