import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EgressFixture, loopback, reasonOf, statusOf } from './egress.fixture.js'

let net: EgressFixture
beforeEach(async () => {
  net = await EgressFixture.create()
})
afterEach(() => net.close())

describe('a request that can be read in two ways', () => {
  it.each([
    'good.example@api.example:PORT',
    'user:word@api.example:PORT',
    'api.example:PORT@other.example',
    'api.example:PORT/..',
    'api.example:PORT#x',
    'api.example:PORT?x',
    'other.example\\@api.example:PORT',
    'ap%69.example:PORT',
    'api.example%00:PORT',
    '*.example:PORT',
    'api.example',
    ':PORT',
    '*',
    '/',
  ])('is refused: CONNECT %s', async (authority) => {
    const { port, client } = await net.openNamed()
    const answer = await client.tunnel(authority.replace('PORT', String(port)))
    expect(statusOf(answer)).toBe(400)
    expect(net.asked).toEqual([])
  })

  it.each([
    'http://good.example@api.example:PORT/',
    'http://api.example:PORT@other.example/',
    'http://other.example\\@api.example:PORT/',
    'http://ap%69.example:PORT/',
    'https://api.example:PORT/',
    'file:///etc/passwd',
    'http:api.example/',
    '/origin',
    '//api.example:PORT/',
    '*',
  ])('is refused: GET %s', async (url) => {
    const { port, client } = await net.openNamed()
    expect(statusOf(await client.get(url.replace('PORT', String(port))))).toBe(400)
    expect(net.seen).toEqual([])
  })

  it('never goes by the header Host', async () => {
    const { port, client } = await net.openNamed()
    await client.get(`http://api.example:${port}/`, ['X: y'])
    expect(net.seen[0]!.headers.host).toBe(`api.example:${port}`)
    const answer = await client.raw(
      `GET / HTTP/1.1\r\nHost: api.example:${port}\r\n${client.authorization}\r\nConnection: close\r\n\r\n`,
    )
    expect(reasonOf(answer)).toBe('malformed')
  })

  it('cannot smuggle a second one past the proxy', async () => {
    const { port, client } = await net.openNamed()
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: other.example\r\n\r\n'
    const start = `POST http://api.example:${port}/ HTTP/1.1\r\nHost: x\r\n${client.authorization}\r\nConnection: close\r\n`
    const tricks = [
      `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
      `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner}`,
      `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
      `Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
      `Content-Length: +0\r\n\r\n${inner}`,
      `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
      `Content-Length: 0\r\nConnection: Content-Length\r\n\r\n${inner}`,
      `X: y\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    ]
    for (const trick of tricks) await client.raw(start + trick)
    expect(net.seen.filter(({ url }) => url !== '/')).toEqual([])
    for (const { headers } of net.seen) expect(headers.host).toBe(`api.example:${port}`)
  })
})

describe('limits', () => {
  it('bound the length of a header', async () => {
    const { port, client } = await net.openNamed({ headerBytes: 2_048 })
    expect(statusOf(await client.get(`http://api.example:${port}/`, [`X: ${'x'.repeat(4_096)}`]))).toBe(431)
    expect(net.seen).toEqual([])
  })

  it('bound the connections at a time and over the run', async () => {
    const port = await net.serveTcp((socket) => void socket.resume().on('end', () => socket.end()))
    const client = await net.open([`127.0.0.1:${port}`], loopback(port), {
      connections: 2,
      allConnections: 4,
    })
    const held = await Promise.all([client.holdTunnel(port), client.holdTunnel(port)])
    expect(reasonOf(await client.tunnel(`127.0.0.1:${port}`))).toBe('too-many-connections')
    held[0].destroy()
    await expect.poll(() => net.events.filter(({ kind }) => kind === 'closed')).toHaveLength(1)
    ;(await client.holdTunnel(port)).destroy()
    const answer = await client.tunnel(`127.0.0.1:${port}`)
    expect(reasonOf(answer)).toBe('too-many-connections')
    expect(answer).toContain('has tried 4')
  })

  it('bound the bytes of the run, in whichever direction', async () => {
    const port = await net.serveTcp(
      (socket) => void socket.on('data', () => undefined).write(Buffer.alloc(400_000)),
    )
    const client = await net.open([`127.0.0.1:${port}`], loopback(port), { bytes: 100_000 })
    const answer = await client.tunnel(`127.0.0.1:${port}`)
    expect(answer.length).toBeLessThan(300_000)
    await expect.poll(() => net.events.at(-1)).toMatchObject({ kind: 'closed', ending: 'too-many-bytes' })
    expect(reasonOf(await client.tunnel(`127.0.0.1:${port}`))).toBe('too-many-bytes')
    expect(await (await sendingMuch(port)).ended).toBe('too-many-bytes')
  })

  async function sendingMuch(port: number) {
    const client = await net.open([`127.0.0.1:${port}`], loopback(port), { bytes: 600_000 })
    const socket = await client.holdTunnel(port)
    socket.on('error', () => undefined).write(Buffer.alloc(2_000_000))
    const ended = vi.waitFor(() => {
      const last = net.events.findLast(({ kind }) => kind === 'closed')
      expect(last).toMatchObject({ attempt: 1 })
      return last?.kind === 'closed' ? last.ending : undefined
    }, 10_000)
    return { ended }
  }

  it.each([
    [{ idleMs: 150 }, 'idle'],
    [{ connectionMs: 150 }, 'too-long'],
  ])('%j bounds how long a connection lasts', async (limits, ending) => {
    const port = await net.serveTcp(() => undefined)
    const client = await net.open([`127.0.0.1:${port}`], loopback(port), limits)
    const socket = await client.holdTunnel(port)
    await once(socket, 'close')
    await expect.poll(() => net.events.at(-1)).toMatchObject({ kind: 'closed', ending })
  })

  it('bound how long a request may take to come', async () => {
    const { client } = await net.openNamed({ connectMs: 200 })
    const answer = await client.raw('GET http://api.example/ HTTP/1.1\r\nHost: x\r\n')
    expect(statusOf(answer)).toBe(408)
  })

  it('that make no sense are refused', async () => {
    for (const bytes of [0, -1, 1.5, Number.NaN])
      await expect(net.open([], [], { bytes })).rejects.toThrow(RangeError)
  })
})
