import { existsSync } from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Client, EgressFixture } from './egress.fixture.js'

let net: EgressFixture
beforeEach(async () => {
  net = await EgressFixture.create()
})
afterEach(() => net.close())

const loopback = (port: number) => [{ range: '127.0.0.1', ports: [port] }]
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
const reasonOf = (answer: string) => /x-guildhall-egress: (\S+)/i.exec(answer)?.[1]

/** A server on loopback under a name, and a run that may reach just that. */
async function named(limits: Parameters<EgressFixture['open']>[2] = {}) {
  const port = await net.serve()
  net.names.set('api.example', [['127.0.0.1']])
  const client = await net.open([`api.example:${port}`], loopback(port), limits)
  return { port, client }
}

describe('what a run may reach', () => {
  it('is reached by plain requests and through tunnels', async () => {
    const { port, client } = await named()
    expect(await client.get(`http://api.example:${port}/a?b=c`)).toMatch(/^HTTP\/1.1 200 OK[^]*hello/)
    const inner = `GET /d HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n`
    expect(await client.tunnel(`api.example:${port}`, inner)).toMatch(
      /^HTTP\/1.1 200 Connection Established\r\n\r\nHTTP\/1.1 200 OK[^]*hello/,
    )
    expect(net.seen.map(({ url }) => url)).toEqual(['/a?b=c', '/d'])
  })

  it('is told when it is asked for, by whom, where to and how much, without what was said', async () => {
    const { port, client } = await named()
    await client.get(`http://api.example:${port}/secret-path?token=secret-word`, ['X-Secret: secret-word'])
    await client.get('http://other.example/secret-path')
    await vi.waitFor(() => expect(net.events).toHaveLength(3))
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
    const { port, client } = await named()
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

describe('a credential', () => {
  it('is needed for everything, and is the one of this run', async () => {
    const { port, client } = await named()
    const other = await net.open([`api.example:${port}`], loopback(port))
    const wrong = [
      [],
      [other.authorization],
      ['Proxy-Authorization: Basic'],
      ['Proxy-Authorization: '],
      [`Proxy-Authorization: Bearer ${client.credential.slice(6)}`],
      [`Proxy-Authorization: ${client.credential.slice(0, -2)}`],
      [`Proxy-Authorization: ${client.credential}x`],
      [`Authorization: ${client.credential}`],
    ]
    for (const headers of wrong)
      for (const line of [
        `GET http://api.example:${port}/`,
        `CONNECT api.example:${port}`,
        'GET /',
        'CONNECT ?',
      ]) {
        const answer = await client.raw(
          [`${line} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n'),
        )
        expect(statusOf(answer), `${line} ${headers.join()}`).toBe(407)
        expect(answer).toMatch(/proxy-authenticate: Basic/i)
      }
    expect(net.asked).toEqual([])
    expect(net.seen).toEqual([])
    expect(statusOf(await client.get(`http://api.example:${port}/`))).toBe(200)
  })

  it('is asked for again with every request of one connection', async () => {
    const { port, client } = await named()
    const request = (line: string) => `GET http://api.example:${port}/ HTTP/1.1\r\nHost: x\r\n${line}\r\n`
    const answer = await client.raw(request(`${client.authorization}\r\n`) + request('Connection: close\r\n'))
    expect(answer.match(/HTTP\/1\.1 (\d{3})/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 407'])
  })
})

describe('an address that is not public', () => {
  const literals = [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '017700000001',
    '2130706433',
    '127.0.0.1.',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '169.254.169.254',
    '0xa9fea9fe',
    '[::ffff:a9fe:a9fe]',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '10.0.0.1',
    '192.168.0.1',
    '224.0.0.1',
    '255.255.255.255',
  ]

  it('is refused however it is written, even to a run that may reach everything', async () => {
    const port = await net.serve()
    const client = await net.open(['*:*'])
    for (const literal of literals) {
      expect(reasonOf(await client.tunnel(`${literal}:${port}`)), literal).toBe('address-refused')
      expect(reasonOf(await client.get(`http://${literal}:${port}/`)), literal).toBe('address-refused')
    }
    expect(net.seen).toEqual([])
    expect(net.asked).toEqual([])
  })

  it('is refused when any address of a name is one', async () => {
    const client = await net.open(['*:*'])
    const answers = [
      ['127.0.0.1'],
      ['::1'],
      ['8.8.8.8', '10.0.0.1'],
      ['::ffff:169.254.169.254'],
      ['64:ff9b::a00:1'],
      ['fe80::1%lo'],
    ]
    for (const [index, addresses] of answers.entries()) {
      net.names.set(`name-${index}.example`, [addresses])
      expect(reasonOf(await client.tunnel(`name-${index}.example:443`)), addresses.join()).toBe(
        'address-refused',
      )
    }
    expect(net.events[2]).toMatchObject({ kind: 'refused', addresses: ['8.8.8.8', '10.0.0.1'] })
  })

  it('is allowed by the operator for that address and port only', async () => {
    const [port, other] = [await net.serve(), await net.serve()]
    const client = await net.open(['*:*'], loopback(port))
    for (const literal of ['127.0.0.1', '0x7f.1', '[::ffff:7f00:1]'])
      expect(statusOf(await client.get(`http://${literal}:${port}/`)), literal).toBe(200)
    for (const place of [`127.0.0.1:${other}`, `127.0.0.2:${port}`, `[::1]:${port}`, `0.0.0.0:${port}`])
      expect(reasonOf(await client.tunnel(place)), place).toBe('address-refused')
  })
})

describe('a name', () => {
  it('is resolved once: what it resolves to the next time is of no use', async () => {
    const port = await net.serve()
    const trap = await net.serveTcp(() => expect.unreachable())
    net.names.set('rebind.example', [['127.0.0.1'], ['127.0.0.2']])
    const client = await net.open([`rebind.example:*`], loopback(port))
    expect(statusOf(await client.get(`http://rebind.example:${port}/`))).toBe(200)
    expect(net.asked).toEqual(['rebind.example'])
    expect(reasonOf(await client.tunnel(`rebind.example:${port}`))).toBe('address-refused')
    expect(reasonOf(await client.tunnel(`rebind.example:${trap}`))).toBe('address-refused')
    expect(net.asked).toHaveLength(3)
  })

  it('that is not allowed is never looked up', async () => {
    const { client } = await named()
    for (const name of ['stolen-data.evil.example', 'api.example.evil.example', 'xapi.example'])
      expect(reasonOf(await client.tunnel(`${name}:443`))).toBe('host-not-allowed')
    expect(net.asked).toEqual([])
  })

  it('that does not exist, or does not answer, is told as such', async () => {
    net.names.set('nobody.example', [['127.0.0.1']])
    net.names.set('empty.example', [[]])
    const port = await net.serve()
    const client = await net.open(['*.example:*'], [{ range: '127.0.0.1' }])
    await net.close()
    net = await EgressFixture.create()
    const again = await net.open(['*.example:*'], [{ range: '127.0.0.1' }])
    net.names.set('nobody.example', [['127.0.0.1']])
    net.names.set('empty.example', [[]])
    expect(client.socketPath).not.toBe(again.socketPath)
    expect(reasonOf(await again.tunnel(`nobody.example:${port}`))).toBe('unreachable')
    expect(reasonOf(await again.tunnel('empty.example:443'))).toBe('unreachable')
    expect(reasonOf(await again.tunnel('missing.example:443'))).toBe('name-not-found')
  })
})

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
    const { port, client } = await named()
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
    const { port, client } = await named()
    expect(statusOf(await client.get(url.replace('PORT', String(port))))).toBe(400)
    expect(net.seen).toEqual([])
  })

  it('never goes by the header Host', async () => {
    const { port, client } = await named()
    await client.get(`http://api.example:${port}/`, ['X: y'])
    expect(net.seen[0]!.headers.host).toBe(`api.example:${port}`)
    const answer = await client.raw(
      `GET / HTTP/1.1\r\nHost: api.example:${port}\r\n${client.authorization}\r\nConnection: close\r\n\r\n`,
    )
    expect(reasonOf(answer)).toBe('malformed')
  })

  it('cannot smuggle a second one past the proxy', async () => {
    const { port, client } = await named()
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
    const { port, client } = await named({ headerBytes: 2_048 })
    expect(statusOf(await client.get(`http://api.example:${port}/`, [`X: ${'x'.repeat(4_096)}`]))).toBe(431)
    expect(net.seen).toEqual([])
  })

  it('bound the connections at a time and over the run', async () => {
    const port = await net.serveTcp((socket) => void socket.resume().on('end', () => socket.end()))
    const client = await net.open([`127.0.0.1:${port}`], loopback(port), {
      connections: 2,
      allConnections: 4,
    })
    const held = await Promise.all([tunnelHeld(client, port), tunnelHeld(client, port)])
    expect(reasonOf(await client.tunnel(`127.0.0.1:${port}`))).toBe('too-many-connections')
    held[0].destroy()
    await vi.waitFor(() => expect(net.events.filter(({ kind }) => kind === 'closed')).toHaveLength(1))
    ;(await tunnelHeld(client, port)).destroy()
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
    await vi.waitFor(() =>
      expect(net.events.at(-1)).toMatchObject({ kind: 'closed', ending: 'too-many-bytes' }),
    )
    expect(reasonOf(await client.tunnel(`127.0.0.1:${port}`))).toBe('too-many-bytes')
    expect(await (await sendingMuch(port)).ended).toBe('too-many-bytes')
  })

  async function sendingMuch(port: number) {
    const client = await net.open([`127.0.0.1:${port}`], loopback(port), { bytes: 600_000 })
    const socket = await tunnelHeld(client, port)
    socket.on('error', () => undefined).write(Buffer.alloc(2_000_000))
    const ended = vi.waitFor(() => {
      const last = net.events.findLast(({ kind }) => kind === 'closed')
      expect(last).toMatchObject({ attempt: 1 })
      return last?.kind === 'closed' ? last.ending : undefined
    })
    return { ended }
  }

  it.each([
    [{ idleMs: 150 }, 'idle'],
    [{ connectionMs: 150 }, 'too-long'],
  ])('%j bounds how long a connection lasts', async (limits, ending) => {
    const port = await net.serveTcp(() => undefined)
    const client = await net.open([`127.0.0.1:${port}`], loopback(port), limits)
    const socket = await tunnelHeld(client, port)
    await once(socket, 'close')
    await vi.waitFor(() => expect(net.events.at(-1)).toMatchObject({ kind: 'closed', ending }))
  })

  it('bound how long a request may take to come', async () => {
    const { client } = await named({ connectMs: 200 })
    const answer = await client.raw('GET http://api.example/ HTTP/1.1\r\nHost: x\r\n')
    expect(statusOf(answer)).toBe(408)
  })

  it('that make no sense are refused', async () => {
    for (const bytes of [0, -1, 1.5, Number.NaN])
      await expect(net.open([], [], { bytes })).rejects.toThrow(RangeError)
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
    const socket = await tunnelHeld(client, port)
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

async function tunnelHeld(client: Client, port: number) {
  const socket = client.connect()
  socket.on('end', () => socket.end())
  socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n${client.authorization}\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  expect(head.toString('latin1')).toMatch(/^HTTP\/1.1 200 Connection/)
  socket.resume()
  return socket
}
