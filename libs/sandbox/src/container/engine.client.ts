import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { messageOf } from '../answer.message.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'

const MAX_ANSWER_BYTES = 16 * 2 ** 20
const REQUEST_MS = 60_000
const MESSAGE_CHARACTERS = 1_000

/** What an engine answers that it could not do: a request of ours that it refuses, or trouble of its own. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  constructor(
    /** HTTP status; 0 when the connection broke. */
    readonly status: number,
    message: string,
  ) {
    super(message.length > MESSAGE_CHARACTERS ? `${message.slice(0, MESSAGE_CHARACTERS)} …` : message)
  }
}

export interface EngineRequest {
  method: 'GET' | 'POST' | 'DELETE'
  /** With its query. */
  path: string
  body?: unknown
  /** How long the answer may take; absent: a minute, Infinity: as long as it takes. */
  withinMs?: number
}

/** HTTP to a container engine on a Unix socket of this machine. */
export class EngineClient {
  constructor(readonly socketPath: string) {}

  /**
   * The answer's document; undefined when it has none.
   *
   * @throws EngineError
   * @throws SandboxUnavailableError when nobody answers at the socket, or this user may not use it
   */
  async ask({ method, path, body, withinMs = REQUEST_MS }: EngineRequest): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = text !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      }
      const asked = request({
        socketPath: this.socketPath,
        method,
        path,
        agent: false,
        headers: { ...headers },
      })
      asked.once('response', resolve)
      asked.once('error', (error) => reject(this.#explain(error)))
      limit(withinMs, asked)
      asked.end(text)
    })
    const content = await this.#read(answer)
    const status = answer.statusCode ?? 0
    if (status >= 400) throw new EngineError(status, messageOf(content) ?? `${method} ${path}: ${status}`)
    return content === '' ? undefined : parse(content)
  }

  /**
   * The connection on which the engine and a container's streams talk; the caller ends it.
   *
   * @throws EngineError
   */
  open(path: string): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const asked = request({
        socketPath: this.socketPath,
        method: 'POST',
        path,
        agent: false,
        headers: { connection: 'Upgrade', upgrade: 'tcp', 'content-length': 0 },
      })
      asked.once('upgrade', (_, socket, head) => {
        if (head.length > 0) socket.unshift(head)
        socket.setTimeout(0)
        resolve(socket)
      })
      asked.once('response', (answer) => {
        void this.#read(answer).then(
          (content) => reject(new EngineError(answer.statusCode ?? 0, messageOf(content) ?? 'no stream')),
          reject,
        )
      })
      asked.once('error', (error) => reject(this.#explain(error)))
      limit(REQUEST_MS, asked)
      asked.end()
    })
  }

  async #read(answer: IncomingMessage): Promise<string> {
    const parts: Buffer[] = []
    let bytes = 0
    try {
      for await (const part of answer as AsyncIterable<Buffer>) {
        parts.push(part)
        bytes += part.length
        if (bytes > MAX_ANSWER_BYTES)
          throw new EngineError(0, `the answer has over ${MAX_ANSWER_BYTES} bytes`)
      }
    } catch (error) {
      throw this.#explain(error as Error)
    }
    return Buffer.concat(parts).toString('utf8')
  }

  #explain(error: NodeJS.ErrnoException): Error {
    if (error instanceof EngineError) return error
    const at = `the container engine's socket ${this.socketPath}`
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
      return new SandboxUnavailableError(`nobody listens at ${at}: start the engine, or name another socket`)
    if (error.code === 'EACCES' || error.code === 'EPERM')
      return new SandboxUnavailableError(`this user may not use ${at}: give it the socket's group`)
    return new EngineError(0, `${at} broke off: ${error.message}`)
  }
}

function limit(withinMs: number, asked: ReturnType<typeof request>): void {
  if (withinMs === Infinity) return
  // Until the answer has come: its content is small and follows at once.
  const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${withinMs} ms`)), withinMs)
  for (const event of ['response', 'upgrade', 'close']) asked.once(event, () => clearTimeout(timer))
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    throw new EngineError(0, `the engine answered what is no JSON: ${content.slice(0, 200)}`)
  }
}
