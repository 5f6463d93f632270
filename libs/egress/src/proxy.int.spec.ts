import { existsSync } from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EgressFixture, loopback, reasonOf, statusOf } from './egress.fixture.js'

let net: EgressFixture
beforeEach(async () => {
  net = await EgressFixture.create()
})
afterEach(() => net.close())

describe('what a run may reach', () => {
  it('is reached by plain requests and through tunnels', async () => {
    const { port, client } = await net.openNamed()
    expect(await client.get(`http://api.example:${port}/a?b=c`)).toMatch(/^HTTP\/1.1 200 OK[^]*hello/)
    const inner = `GET /d HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n`
    expect(await client.tunnel(`api.example:${port}`, inner)).toMatch(
      /^HTTP\/1.1 200 Connection Established\r\n\r\nHTTP\/1.1 200 OK[^]*hello/,
    )
    expect(net.seen.map(({ url }) => url)).toEqual(['/a?b=c', '/d'])
  })

  it('is told when it is asked for, by whom, where to and how much, without what was said', async () => {
    const { port, client } = await net.openNamed()
    await client.get(`http://api.example:${port}/secret-path?token=secret-word`, ['X-Secret: secret-word'])
    // The client has its answer before the proxy says that it is over.
    await expect.poll(() => net.events).toHaveLength(2)
    await client.get('http://other.example/secret-path')
    await expect.poll(() => net.events).toHaveLength(3)
    const [opened, closed, refused] = net.events
    const attempt = { runId: 'run-1', attempt: 1, via: 'request', host: 'api.example', port }
    expect(opened).toEqual({ ...attempt, kind: 'opened', address: '127.0.0.1' })
    expect(closed).toMatchObject({ ...attempt, kind: 'closed', ending: 'ended', address: '127.0.0.1' })
    expect(closed).toMatchObject({ sentBytes: expect.any(Number), receivedBytes: expect.any(Number) })
    expect(closed?.kind === 'closed' && closed.receivedBytes > 50 && closed.sentBytes > 50).toBe(true)
    expect(refused).toMatchObject({
      attempt: 2,
      kind: 'refused',
      reason: 'host-not-allowed',
      host: 'other.example',
    })
    expect(JSON.stringify(net.events)).not.toMatch(/secret/)
  })

  it('sees the canonical host and no header that concerns the proxy', async () => {
    const { port, client } = await net.openNamed()
    await client.get(`http://API.Example.:${port}/`, [
      'Proxy-Connection: x',
      'X-Own: 1',
      'TE: trailers',
      'Connection: X-Own',
    ])
    expect(net.seen[0]!.headers).toEqual({ host: `api.example:${port}`, connection: 'close' })
  })

  it('gets bodies of any length whole, both ways', async () => {
    const body = randomBytes(3 * 1024 * 1024)
    const port = await net.serveTcp((socket) => socket.pipe(socket))
    const client = await net.open([`127.0.0.1:${port}`], loopback(port))
    const socket = client.connect()
    const received = createHash('sha256')
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n${client.authorization}\r\n\r\n`)
    const [head] = (await once(socket, 'data')) as [Buffer]
    expect(head.toString()).toBe('HTTP/1.1 200 Connection Established\r\n\r\n')
    socket.on('data', (bytes: Buffer) => received.update(bytes))
    socket.end(body)
    await once(socket, 'close')
    expect(received.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'))
  })

  it('matches wildcards below a name only, and never another port', async () => {
    const port = await net.serve()
    for (const name of ['a.example', 'b.a.example', 'ba.example', 'a.example.evil.example'])
      net.names.set(name, [['127.0.0.1']])
    const client = await net.open([`*.a.example:${port}`], [{ range: '127.0.0.0/8' }])
    expect(statusOf(await client.get(`http://b.a.example:${port}/`))).toBe(200)
    const others = [
      `a.example:${port}`,
      `ba.example:${port}`,
      `a.example.evil.example:${port}`,
      'b.a.example:81',
    ]
    for (const other of [...others, `127.0.0.1:${port}`])
      expect(reasonOf(await client.tunnel(other)), other).toBe('host-not-allowed')
    expect(net.asked).toEqual(['b.a.example'])
  })
})

describe('a server', () => {
  it.each([
    ['a status that is none', 'HTTP/1.1 099 x\r\n\r\n'],
    ['a reason with control characters', 'HTTP/1.1 200 a\u0001b\r\nContent-Length: 0\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-x\r\n'],
    ['nothing', ''],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a header without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`],
    ['a header of bytes', 'HTTP/1.1 200 OK\r\nX: \u0080\u00ff\r\nContent-Length: 0\r\n\r\n'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ])('that answers %s does no harm', async (_, bytes) => {
    const port = await net.serveTcp((socket) => socket.on('data', () => undefined).end(bytes, 'latin1'))
    const good = await net.serve()
    const client = await net.open([`127.0.0.1:*`], [{ range: '127.0.0.1' }])
    const answer = await client.get(`http://127.0.0.1:${port}/`)
    expect(['', '200', '502']).toContain(/^(?:HTTP\/1\.1 (\d{3}))?/.exec(answer)?.[1] ?? '')
    expect(statusOf(await client.get(`http://127.0.0.1:${good}/`))).toBe(200)
  })
})

describe('the end of a run', () => {
  it('ends what is under way, and leaves no socket', async () => {
    const port = await net.serveTcp(() => undefined)
    const client = await net.open([`127.0.0.1:${port}`], loopback(port))
    const socket = await client.holdTunnel(port)
    const idle = client.connect()
    await once(idle, 'connect')
    socket.on('error', () => undefined)
    const ended = Promise.all([once(socket, 'close'), once(idle, 'close')])
    expect(existsSync(client.socketPath)).toBe(true)
    await Promise.all([client.run.close(), client.run.close()])
    socket.destroy()
    idle.destroy()
    await ended
    expect(net.events.at(-1)).toMatchObject({ kind: 'closed', ending: 'run-over' })
    expect(existsSync(client.socketPath)).toBe(false)
  })
})
