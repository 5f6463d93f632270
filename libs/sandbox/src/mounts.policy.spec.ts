import { describe, expect, it } from 'vitest'
import { assertMounts } from './mounts.policy.js'
import { InvalidMountError } from './sandbox.errors.js'

const mount = (target: string, source = '/srv/data') => ({ source, target, mode: 'ro' as const })

describe('mounts', () => {
  it('are accepted below /mnt and /skills', () => {
    expect(() => assertMounts([mount('/mnt/a'), mount('/mnt/ab'), mount('/skills/x/y')])).not.toThrow()
  })

  it.each([
    '/mnt',
    '/skills',
    '/etc',
    '/workspace/x',
    '/mntx/a',
    'mnt/a',
    '/mnt/../etc',
    '/mnt//a',
    '/mnt/a/',
    '/mnt/a\0b',
    '/',
  ])('are refused at %j', (target) => expect(() => assertMounts([mount(target)])).toThrow(InvalidMountError))

  it('are refused twice at one place or inside each other, in any order', () => {
    for (const targets of [
      ['/mnt/a', '/mnt/a'],
      ['/mnt/a', '/mnt/a/b'],
      ['/mnt/a/b', '/mnt/a'],
    ])
      expect(() => assertMounts(targets.map((target) => mount(target)))).toThrow(InvalidMountError)
  })

  it.each(['data', '/srv/../etc', '/srv/./x'])('are refused from %j', (source) =>
    expect(() => assertMounts([mount('/mnt/a', source)])).toThrow(InvalidMountError),
  )
})
