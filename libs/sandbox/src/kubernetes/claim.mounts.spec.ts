import { describe, expect, it } from 'vitest'
import { InvalidMountError } from '../sandbox.errors.js'
import { findExchangedMount, placeOnClaim } from './claim.mounts.js'

describe('a mount', () => {
  it('is a place on the volume that pods are given, or refused', () => {
    expect(placeOnClaim('/srv/guildhall/runs/1', '/srv/guildhall')).toBe('runs/1')
    expect(placeOnClaim('/srv/guildhall', '/srv/guildhall')).toBe('')
    expect(() => placeOnClaim('/srv/guildhall-2/x', '/srv/guildhall')).toThrow(InvalidMountError)
  })

  it('is exchanged when the node shows another inode, or none', () => {
    const mount = (source: string, inode: bigint) => ({
      source,
      inode,
      subPath: '',
      target: '/mnt/a',
      mode: 'ro' as const,
    })
    const mounts = [mount('/a', 1n), mount('/b', 2n ** 60n)]
    expect(findExchangedMount(mounts, ['1', String(2n ** 60n)])).toBeUndefined()
    expect(findExchangedMount(mounts, ['1', '7'])).toBe('/b')
    expect(findExchangedMount(mounts, ['1'])).toBe('/b')
  })
})
