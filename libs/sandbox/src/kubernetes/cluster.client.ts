import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import {
  boundWait,
  jsonBody,
  MAX_ANSWER_BYTES,
  messageOf,
  parseDocument,
  readContent,
  RemoteError,
} from '../remote.answer.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'

const REQUEST_MS = 20_000
const SERVER = 'the API server'

/** What the API server refuses, or why it could not be asked. */
export class ClusterError extends RemoteError {
  override readonly name = 'ClusterError'
}

export interface ClusterRequest {
  method: 'GET' | 'POST' | 'DELETE'
  /** With its query. */
  path: string
  body?: unknown
}

/** HTTPS to the API server of a cluster, as the service account whose `token` and `ca.crt` lie in a folder. */
export class ClusterClient {
  readonly #agent = new Agent({ keepAlive: true })

  /** @param server like https://10.0.0.1:443 */
  constructor(
    readonly server: string,
    private readonly accountFolder: string,
  ) {}

  /**
   * The answer's document.
   *
   * @throws ClusterError
   * @throws SandboxUnavailableError when the account cannot be read
   */
  async ask({ method, path, body }: ClusterRequest): Promise<unknown> {
    const answer = await this.#send({ method, path, body })
    const content = await readContent(this.#contentOf(answer), ClusterError)
    const status = answer.statusCode ?? 0
    if (status >= 400) throw new ClusterError(status, messageOf(content) ?? `${method} ${path}: ${status}`)
    return parseDocument(content, SERVER, ClusterError)
  }

  /**
   * Documents that come one by one, until the server ends it.
   *
   * @throws ClusterError
   */
  async *follow(path: string, signal: AbortSignal): AsyncGenerator<unknown> {
    const answer = await this.#send({ method: 'GET', path }, signal)
    if ((answer.statusCode ?? 0) >= 400) {
      answer.destroy()
      throw new ClusterError(answer.statusCode ?? 0, `GET ${path}: ${answer.statusCode}`)
    }
    let rest = ''
    answer.setEncoding('utf8')
    for await (const part of this.#contentOf(answer)) {
      const lines = (rest + String(part)).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_ANSWER_BYTES) throw new ClusterError(0, 'an event has no end')
      for (const line of lines) if (line !== '') yield parseDocument(line, SERVER, ClusterError)
    }
  }

  /**
   * A connection on which the streams of a container are told apart by the first byte of each message.
   *
   * @throws ClusterError
   */
  open(path: string): Promise<WebSocket> {
    const { token, ca } = this.#account()
    const socket = new WebSocket(`${this.server.replace(/^http/, 'ws')}${path}`, 'v4.channel.k8s.io', {
      ca,
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: REQUEST_MS,
      perMessageDeflate: false,
    })
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.removeAllListeners('error')
        // What breaks it also closes it.
        socket.on('error', () => undefined)
        resolve(socket)
      })
      socket.once('error', (error) => reject(this.#explain(error)))
      socket.once('unexpected-response', (asked, answer) => {
        const status = answer.statusCode ?? 0
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => (text = (text + part).slice(0, 10_000)))
        answer.once('close', () => {
          asked.destroy()
          reject(new ClusterError(status, messageOf(text) ?? `no stream: ${status}`))
        })
      })
    })
  }

  /** Read each time: a cluster renews the token about hourly. */
  #account(): { token: string; ca: string } {
    try {
      const read = (name: string): string => readFileSync(join(this.accountFolder, name), 'utf8')
      return { token: read('token').trim(), ca: read('ca.crt') }
    } catch (error) {
      throw new SandboxUnavailableError(
        `no service account of a cluster can be read in ${this.accountFolder}: ${(error as Error).message}`,
      )
    }
  }

  #send({ method, path, body }: ClusterRequest, signal?: AbortSignal): Promise<IncomingMessage> {
    const { token, ca } = this.#account()
    const { text, headers } = jsonBody(body)
    return new Promise((resolve, reject) => {
      const asked = request(new URL(path, this.server), {
        method,
        ca,
        agent: this.#agent,
        ...(signal !== undefined && { signal }),
        headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...headers },
      })
      boundWait(asked, REQUEST_MS)
      asked.once('response', resolve)
      asked.once('error', (error) => reject(this.#explain(error)))
      asked.end(text)
    })
  }

  async *#contentOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      for await (const part of answer as AsyncIterable<Buffer>) yield part
    } catch (error) {
      throw this.#explain(error as Error)
    }
  }

  #explain(error: Error): ClusterError {
    return error instanceof ClusterError
      ? error
      : new ClusterError(0, `the API server ${this.server} cannot be reached: ${error.message}`)
  }
}
