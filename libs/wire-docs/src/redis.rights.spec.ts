import { describe, expect, it } from 'vitest'
import { parseRights, usersOfKey } from './redis.rights.js'

const rights = parseRights(
  [
    'user default off resetpass ~* &* +@all',
    'user client on #00 -@all +auth +client|setname (+xadd %W~gh:{0}:gateway) (+xread +xrevrange %R~gh:{0}:reply:*)',
    'user router on #00 -@all +auth (+xreadgroup +xack ~gh:{0}:gateway) (+xadd ~gh:{0}:to:a ~gh:{0}:reply:*)',
  ].join('\n'),
)

describe('the rights in an ACL file', () => {
  it('are those of users that are on, with and without keys', () => {
    expect(rights.filter(({ user }) => user === 'client')).toEqual([
      { user: 'client', commands: ['auth', 'client|setname'], keys: [] },
      { user: 'client', commands: ['xadd'], keys: [{ access: 'write', pattern: 'gh:{0}:gateway' }] },
      {
        user: 'client',
        commands: ['xread', 'xrevrange'],
        keys: [{ access: 'read', pattern: 'gh:{0}:reply:*' }],
      },
    ])
    expect(rights.map(({ user }) => user)).not.toContain('default')
  })

  it('say who writes and who reads a key', () => {
    expect(usersOfKey('gh:{0}:gateway', rights)).toEqual({ writers: ['client'], readers: ['router'] })
    expect(usersOfKey('gh:{0}:reply:anna', rights)).toEqual({ writers: ['router'], readers: ['client'] })
    expect(usersOfKey('gh:{0}:to:b', rights)).toEqual({ writers: [], readers: [] })
    expect(usersOfKey('xgh:{0}:gateway', rights)).toEqual({ writers: [], readers: [] })
  })
})
