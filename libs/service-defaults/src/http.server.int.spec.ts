import { connect } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Health } from './health.js'
import { HttpServer } from './http.server.js'
import { Metrics } from './metrics.js'

let health: Health
let metrics: Metrics
let server: HttpServer
beforeEach(async () => {
  health = new Health()
  metrics = new Metrics('executor')
  server = await HttpServer.listen({ host: '127.0.0.1', port: 0, health, metrics })
})
afterEach(() => server.close())

const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`)

describe('the HTTP server of a service', () => {
  it('answers /livez as soon as the process does, whatever the checks say', async () => {
    health.check('mysql', () => Promise.reject(new Error('no connection')))
    const response = await get('/livez')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
  })

  it('answers /readyz with 503 and the problems, and with 200 once there are none', async () => {
    let isReady = false
    health.check('listening', () => {
      if (!isReady) throw new Error('the service is starting')
    })
    const before = await get('/readyz')
    expect(before.status).toBe(503)
    expect(await before.json()).toEqual({
      status: 'not ready',
      problems: { listening: 'the service is starting' },
    })
    isReady = true
    const after = await get('/readyz?verbose')
    expect(after.status).toBe(200)
    expect(await after.json()).toEqual({ status: 'ok', problems: {} })
  })

  it('serves the metrics in the format of Prometheus', async () => {
    metrics.counter('guildhall_runs_total', 'Runs').inc(3)
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    expect(await response.text()).toContain('guildhall_runs_total{service="executor"} 3')
  })

  it('answers 500 when a metric cannot be read, and goes on', async () => {
    const gauge = metrics.gauge('guildhall_broken', 'Broken')
    Object.assign(gauge, {
      collect: () => {
        throw new Error('the disk is gone')
      },
    })
    const response = await get('/metrics')
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({ error: 'the disk is gone' })
    expect((await get('/livez')).status).toBe(200)
  })

  it('says what there is where there is nothing', async () => {
    const response = await get('/')
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ error: 'there is /livez, /readyz and /metrics' })
  })

  it('fails to start on a taken port, with its reason', async () => {
    const again = HttpServer.listen({ host: '127.0.0.1', port: server.port, health, metrics })
    await expect(again).rejects.toThrow('EADDRINUSE')
  })

  it('closes though a client keeps its connection', async () => {
    const other = await HttpServer.listen({ host: '127.0.0.1', port: 0, health, metrics })
    const socket = connect(other.port, '127.0.0.1')
    await once(socket, 'connect')
    const ended = once(socket, 'close')
    socket.resume()
    socket.on('error', () => {})
    await other.close()
    await ended
  })
})
