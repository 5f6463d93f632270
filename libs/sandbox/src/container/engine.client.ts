import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { boundWait, jsonBody, messageOf, parseDocument, readContent, RemoteError } from '../remote.answer.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'

const REQUEST_MS = 60_000

/** What an engine answers that it could not do: a request of ours that it refuses, or trouble of its own. */
export class EngineError extends RemoteError {
  override readonly name = 'EngineError'
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
    const { text, headers } = jsonBody(body)
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request({ socketPath: this.socketPath, method, path, agent: false, headers })
      asked.once('response', resolve)
      asked.once('error', (error) => reject(this.#explain(error)))
      boundWait(asked, withinMs)
      asked.end(text)
    })
    const content = await this.#read(answer)
    const status = answer.statusCode ?? 0
    if (status >= 400) throw new EngineError(status, messageOf(content) ?? `${method} ${path}: ${status}`)
    return content === '' ? undefined : parseDocument(content, 'the engine', EngineError)
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
      boundWait(asked, REQUEST_MS)
      asked.end()
    })
  }

  async #read(answer: IncomingMessage): Promise<string> {
    try {
      return await readContent(answer, EngineError)
    } catch (error) {
      throw this.#explain(error as Error)
    }
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
