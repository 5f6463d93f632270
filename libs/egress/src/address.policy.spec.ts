import { describe, expect, it } from 'vitest'
import { AddressPolicy } from './address.policy.js'

const strict = new AddressPolicy()

describe('without allowances', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['this host', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['link-local', '169.254.1.1'],
    ['metadata of clouds', '169.254.169.254'],
    ['metadata of clouds', '100.100.100.200'],
    ['metadata of clouds', '192.0.0.192'],
    ['metadata of clouds', '168.63.129.16'],
    ['metadata of clouds', 'fd00:ec2::254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['benchmarks', '198.18.0.1'],
    ['documentation', '192.0.2.1'],
    ['6to4 relays', '192.88.99.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['unique local', 'fc00::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['discard', '100::1'],
    ['never given out', '4000::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped metadata', '::ffff:a9fe:a9fe'],
    ['compatible loopback', '::7f00:1'],
    ['translated loopback', '::ffff:0:127.0.0.1'],
    ['NAT64 loopback', '64:ff9b::7f00:1'],
    ['NAT64 metadata', '64:ff9b::a9fe:a9fe'],
    ['NAT64 private', '64:ff9b::10.0.0.1'],
    ['local NAT64', '64:ff9b:1::808:808'],
    ['6to4 loopback', '2002:7f00:1::'],
    ['6to4 public', '2002:808:808::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['no address', 'localhost'],
    ['no address', '127.1'],
    ['no address', '2130706433'],
    ['no address', ''],
  ])('refuses %s: %s', (_, address) => {
    expect(strict.connectable(address, 80)).toBeUndefined()
  })

  it.each([
    ['8.8.8.8', '8.8.8.8'],
    ['172.32.0.1', '172.32.0.1'],
    ['100.128.0.1', '100.128.0.1'],
    ['2606:4700::1111', '2606:4700::1111'],
    ['::ffff:8.8.8.8', '8.8.8.8'],
    ['64:ff9b::808:808', '64:ff9b::808:808'],
  ])('connects to %s', (address, target) => {
    expect(strict.connectable(address, 443)).toBe(target)
  })

  it('refuses public addresses of this machine, however they are written', () => {
    const own = ['203.1.113.9', '2606:4700::9', 'fe80::1%eth0']
    for (const address of ['203.1.113.9', '::ffff:203.1.113.9', '64:ff9b::203.1.113.9', '2606:4700:0::9'])
      expect(strict.connectable(address, 443, own), address).toBeUndefined()
    expect(strict.connectable('203.1.113.10', 443, own)).toBe('203.1.113.10')
  })
})

describe('an allowance', () => {
  const policy = new AddressPolicy([
    { range: '127.0.0.1', ports: [8080] },
    { range: '10.1.0.0/16' },
    { range: 'fd00::/8', ports: [443] },
  ])

  it.each([
    ['127.0.0.1', 8080, true],
    ['::ffff:127.0.0.1', 8080, true],
    ['127.0.0.1', 8081, false],
    ['127.0.0.2', 8080, false],
    ['::1', 8080, false],
    ['10.1.255.255', 22, true],
    ['10.2.0.0', 22, false],
    ['64:ff9b::10.1.0.1', 22, true],
    ['fd12::1', 443, true],
    ['fd12::1', 80, false],
  ])('for %s port %i holds: %s', (address, port, isAllowed) => {
    expect(policy.connectable(address, port) !== undefined).toBe(isAllowed)
  })

  it.each(['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10/8', 'example.com', '::/129', '10.0.0.0/-1'])(
    'is not %j',
    (range) => {
      expect(() => new AddressPolicy([{ range }])).toThrow(RangeError)
    },
  )

  it('names ports that exist', () => {
    for (const port of [0, 65_536, 1.5])
      expect(() => new AddressPolicy([{ range: '10.0.0.1', ports: [port] }])).toThrow(RangeError)
  })
})
