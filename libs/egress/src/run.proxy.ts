import {
  createServer,
  type IncomingMessage,
  request as requestUpstream,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { allowsHost } from '@guildhall/contracts'
import type { AddressPolicy } from './address.policy.js'
import type { Credential } from './credential.js'
import { type Destination, hostHeader, parseAuthority, parsePlainTarget } from './destination.js'
import { dial, type Resolve } from './dial.js'
import { type EgressEvent, EgressRefused } from './egress.events.js'
import type { EgressLimits } from './egress.limits.js'
import { forwardedHeaders } from './forwarded.headers.js'
import { Traffic } from './traffic.js'

const CHECK_INTERVAL_MS = 1_000
/** What is still to be read when one side has said its last; then the connection ends. */
const HALF_OPEN_MS = 5_000

export interface RunProxyOptions {
  runId: string
  /** `host:port` as rights have them. */
  hosts: readonly string[]
  credential: Credential
  policy: AddressPolicy
  limits: EgressLimits
  resolve: Resolve
  onEvent: (event: EgressEvent) => void
}

type Attempt = Pick<EgressEvent, 'runId' | 'attempt' | 'via' | 'host' | 'port'>

/**
 * A forward proxy for one run: `CONNECT` for anything over TCP, absolute-form requests for plain HTTP. Whoever asks shows
 * the run's credential; nothing is resolved before the host is found allowed, so that names carry nothing out either.
 */
export class RunProxy {
  readonly server: Server
  private readonly traffic: Traffic
  private readonly clients = new Set<Duplex>()
  private readonly over = new AbortController()

  constructor(private readonly options: RunProxyOptions) {
    const { limits } = options
    this.traffic = new Traffic(limits)
    this.server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: Math.min(limits.connectMs, limits.connectionMs),
      requestTimeout: limits.connectionMs,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      insecureHTTPParser: false,
    })
    // More than it may have open, so that it is told so.
    this.server.maxConnections = 2 * limits.connections
    this.server.on('connection', (client) => {
      this.clients.add(client)
      client.once('close', () => this.clients.delete(client))
      // Without it, one that has sent nothing yet would be waited for without end.
      client.on('error', () => client.destroy())
    })
    this.server.on('connect', (request, client, head) => void this.tunnel(request, client, head))
    this.server.on('request', (request, response) => void this.forward(request, response))
  }

  /** Resolves when no connection is left. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.over.abort()
    await this.traffic.close()
    for (const client of this.clients) client.destroy()
    await closed
  }

  private async tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const attempt = this.attempt('tunnel', parseAuthority(request.url ?? ''))
    try {
      const { socket, address } = await this.open(attempt, request)
      this.watch(attempt, address, socket, client)
      client.once('close', () => socket.destroy())
      if (client.destroyed) socket.destroy()
      socket.once('close', (isBroken) => (isBroken ? client.destroy() : endSoon(client)))
      for (const side of [socket, client]) side.once('end', () => socket.setTimeout(HALF_OPEN_MS))
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      if (head.length > 0) socket.write(head)
      socket.pipe(client)
      client.pipe(socket)
    } catch (error) {
      const refused = this.refused(attempt, error)
      const lines = Object.entries(refusalHeaders(refused)).map(([name, value]) => `${name}: ${value}`)
      const status = `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}`
      client.write(`${[status, ...lines].join('\r\n')}\r\n\r\n${refused.message}\n`)
      client.resume()
      endSoon(client)
    }
  }

  private async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = parsePlainTarget(request.url ?? '')
    const attempt = this.attempt('request', target?.destination)
    try {
      const { socket, address } = await this.open(attempt, request)
      this.watch(attempt, address, socket, request)
      response.once('close', () => socket.destroy())
      if (response.destroyed) socket.destroy()
      const { destination, path } = target!
      const outgoing = requestUpstream({
        createConnection: () => socket,
        method: request.method ?? 'GET',
        path,
        headers: { ...forwardedHeaders(request.headers), host: hostHeader(destination), connection: 'close' },
        setHost: false,
      })
      outgoing.once('response', (answer) => passOn(answer, response))
      outgoing.once('error', () => breakOff(response))
      // Also without an error: after an answer that changes the protocol.
      outgoing.once('close', () => response.headersSent || breakOff(response))
      for (const side of [request, response]) side.once('error', () => outgoing.destroy())
      request.pipe(outgoing)
    } catch (error) {
      const refused = this.refused(attempt, error)
      response.writeHead(refused.status, refusalHeaders(refused)).end(`${refused.message}\n`)
    }
  }

  private attempt(via: Attempt['via'], destination: Destination | undefined): Attempt {
    return { runId: this.options.runId, attempt: this.traffic.nextAttempt(), via, ...destination }
  }

  /** @throws EgressRefused */
  private async open({ host, port }: Attempt, { headers }: IncomingMessage): ReturnType<typeof dial> {
    const { credential, hosts, policy, resolve, limits } = this.options
    if (!credential.isShownBy(headers['proxy-authorization']))
      throw new EgressRefused('no-credentials', 'the credential of this run is needed')
    if (host === undefined || port === undefined)
      throw new EgressRefused('malformed', 'the request names no host and port that can be understood')
    if (!allowsHost({ hosts: [...hosts] }, host, port))
      throw new EgressRefused(
        'host-not-allowed',
        `this run may not reach ${host}:${port}; it may reach ${hosts.join(', ')}`,
      )
    return this.traffic.admit(() => dial({ host, port }, policy, resolve, limits.connectMs, this.over.signal))
  }

  private watch(attempt: Attempt, address: string, socket: Socket, client: Duplex | IncomingMessage): void {
    this.options.onEvent({ ...attempt, kind: 'opened', address })
    this.traffic.watch(socket, client, (passage) =>
      this.options.onEvent({ ...attempt, kind: 'closed', address, ...passage }),
    )
  }

  private refused(attempt: Attempt, error: unknown): EgressRefused {
    // Nothing that a run or a server sends may end this process.
    const refused = error instanceof EgressRefused ? error : new EgressRefused('malformed', String(error))
    const { reason, addresses } = refused
    this.options.onEvent({ ...attempt, kind: 'refused', reason, ...(addresses && { addresses }) })
    return refused
  }
}

function refusalHeaders({ reason, message, status }: EgressRefused): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(message) + 1),
    connection: 'close',
    'x-guildhall-egress': reason,
    ...(status === 407 && { 'proxy-authenticate': 'Basic realm="run"' }),
  }
}

/** The reason phrase is the server's free text: it stays behind. */
function passOn(answer: IncomingMessage, response: ServerResponse): void {
  // Half an answer must not look like a whole one.
  answer.once('error', () => response.destroy())
  try {
    response.writeHead(answer.statusCode ?? 0, forwardedHeaders(answer.headers))
    answer.pipe(response)
  } catch {
    answer.destroy()
    breakOff(response)
  }
}

function breakOff(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else
    response.writeHead(502, { connection: 'close' }).end('the server gave no answer that can be passed on\n')
}

/** What was written still arrives, if somebody reads it. */
function endSoon(client: Duplex): void {
  client.end()
  const clock = setTimeout(() => client.destroy(), HALF_OPEN_MS)
  client.once('close', () => clearTimeout(clock))
}
