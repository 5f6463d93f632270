import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Egress, type EgressEvent, type EgressLimits, type RunEgress } from './index.js'
import type { AddressAllowance } from './address.policy.js'

export const loopback = (port: number) => [{ range: '127.0.0.1', ports: [port] }]
export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
export const reasonOf = (answer: string) => /x-guildhall-egress: (\S+)/i.exec(answer)?.[1]

/** What a server on loopback saw of one request. */
export interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** A run's way out, a server to reach through it, and a client that says whatever a test has it say. */
export class EgressFixture {
  readonly events: EgressEvent[] = []
  readonly seen: Seen[] = []
  /** Names asked for, in order. */
  readonly asked: string[] = []
  /** What names resolve to: one list for each time they are asked for, the last one for ever. */
  readonly names = new Map<string, string[][]>()
  private readonly closing: (() => Promise<unknown>)[] = []

  private constructor(readonly folder: string) {}

  static async create(): Promise<EgressFixture> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'egress-test-')))
    return new EgressFixture(folder)
  }

  /** An HTTP server on loopback; returns its port. */
  async serve(answer: RequestListener = (_, response) => void response.end('hello')): Promise<number> {
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        this.seen.push({ method, url, headers, body })
        answer(request, response)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.closing.push(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    return (server.address() as AddressInfo).port
  }

  /** A TCP server on loopback; returns its port. */
  async serveTcp(onConnection: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>()
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      onConnection(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.closing.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    return (server.address() as AddressInfo).port
  }

  async open(
    hosts: string[],
    allowedAddresses: AddressAllowance[] = [],
    limits: Partial<EgressLimits> = {},
  ): Promise<Client> {
    const egress = new Egress({
      allowedAddresses,
      limits,
      resolve: async (name) => {
        this.asked.push(name)
        const answers = this.names.get(name)
        if (answers === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
        return (answers.length > 1 ? answers.shift() : answers[0]) ?? []
      },
      onEvent: (event) => void this.events.push(event),
    })
    const run = await egress.open('run-1', hosts, this.folder)
    this.closing.push(() => run.close())
    return new Client(run)
  }

  /** A server on loopback under a name, and a run that may reach just that. */
  async openNamed(limits: Partial<EgressLimits> = {}): Promise<{ port: number; client: Client }> {
    const port = await this.serve()
    this.names.set('api.example', [['127.0.0.1']])
    const client = await this.open([`api.example:${port}`], loopback(port), limits)
    return { port, client }
  }

  async close(): Promise<void> {
    for (const close of this.closing.reverse()) await close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Speaks to a run's proxy from the host, as something in a sandbox would through the forwarder. */
export class Client {
  readonly socketPath: string
  readonly credential: string

  constructor(readonly run: RunEgress) {
    const { env, mounts } = run.through({ argv: [], env: {}, mounts: [] })
    this.socketPath = join(mounts[0]!.source, 'proxy')
    const { username, password } = new URL(env['HTTP_PROXY']!)
    this.credential = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }

  get authorization(): string {
    return `Proxy-Authorization: ${this.credential}`
  }

  connect(): Socket {
    return connect({ path: this.socketPath, allowHalfOpen: true })
  }

  /** A tunnel to a port of loopback that stays open. */
  async holdTunnel(port: number): Promise<Socket> {
    const socket = this.connect()
    socket.on('end', () => socket.end())
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n${this.authorization}\r\n\r\n`)
    const [head] = (await once(socket, 'data')) as [Buffer]
    if (statusOf(head.toString('latin1')) !== 200) throw new Error(`no tunnel: ${head.toString('latin1')}`)
    socket.resume()
    return socket
  }

  /** Sends these bytes and reads until the proxy closes. */
  async raw(text: string): Promise<string> {
    const socket = this.connect()
    let answer = ''
    socket.setEncoding('latin1').on('data', (part: string) => (answer += part))
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end())
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(text, 'latin1')
    await closed
    return answer
  }

  get(url: string, headers: string[] = []): Promise<string> {
    const lines = [
      `GET ${url} HTTP/1.1`,
      'Host: ignored.example',
      this.authorization,
      'Connection: close',
      ...headers,
    ]
    return this.raw(`${lines.join('\r\n')}\r\n\r\n`)
  }

  /** A tunnel, and within it the bytes; the tunnel's own answer stands before those of the server. */
  tunnel(authority: string, bytes = ''): Promise<string> {
    return this.raw(
      `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${this.authorization}\r\n\r\n${bytes}`,
    )
  }
}
