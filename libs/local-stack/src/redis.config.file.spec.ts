import { describe, expect, it } from 'vitest'

import { renderRedisConfig } from './redis.config.file.js'

describe('renderRedisConfig', () => {
  it('keeps what Redis acknowledges and evicts nothing', () => {
    const lines = renderRedisConfig({ bind: '127.0.0.1', port: 7000, dir: '/data' }).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'appendonly yes',
        'appendfsync everysec',
        'maxmemory-policy noeviction',
        'save ""',
      ]),
    )
  })

  it('quotes folders', () => {
    const text = renderRedisConfig({
      bind: '127.0.0.1',
      port: 7000,
      dir: '/a "b"\\c',
      aclFile: '/x y/users.acl',
    })
    expect(text).toContain('dir "/a \\"b\\"\\\\c"\n')
    expect(text).toContain('aclfile "/x y/users.acl"\n')
  })
})
