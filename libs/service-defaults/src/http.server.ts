import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Health } from './health.js'
import type { Metrics } from './metrics.js'

/** `/livez` (the process answers), `/readyz` (it can take work: 200, or 503 with the problems) and `/metrics`. */
export class HttpServer {
  private constructor(private readonly server: Server) {}

  static async listen(o: {
    host: string
    port: number
    health: Health
    metrics: Metrics
  }): Promise<HttpServer> {
    const server = createServer((request, response) => {
      answer(request.url ?? '/', response, o.health, o.metrics).catch((error: unknown) => {
        send(response, 500, { error: (error as Error).message })
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(o.port, o.host, resolve)
    })
    return new HttpServer(server)
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

async function answer(
  url: string,
  response: ServerResponse,
  health: Health,
  metrics: Metrics,
): Promise<void> {
  switch (url.replace(/\?.*$/, '')) {
    case '/livez':
      return send(response, 200, { status: 'ok' })
    case '/readyz': {
      const problems = await health.problems()
      const ready = Object.keys(problems).length === 0
      return send(response, ready ? 200 : 503, { status: ready ? 'ok' : 'not ready', problems })
    }
    case '/metrics': {
      // Before the head: a gauge that cannot be read still gets its answer.
      const text = await metrics.registry.metrics()
      response.writeHead(200, { 'content-type': metrics.registry.contentType })
      response.end(text)
      return
    }
    default:
      return send(response, 404, { error: 'there is /livez, /readyz and /metrics' })
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}
