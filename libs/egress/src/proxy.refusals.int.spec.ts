import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EgressFixture, loopback, reasonOf, statusOf } from './egress.fixture.js'

let net: EgressFixture
beforeEach(async () => {
  net = await EgressFixture.create()
})
afterEach(() => net.close())

describe('a credential', () => {
  it('is needed for everything, and is the one of this run', async () => {
    const { port, client } = await net.openNamed()
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
    const { port, client } = await net.openNamed()
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
    const { client } = await net.openNamed()
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
