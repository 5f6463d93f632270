import { describe, expect, it } from 'vitest'
import { redisUsers, renderAclFile } from './acl.file.js'

const passwordHashes = Object.fromEntries(redisUsers.map((user, index) => [user, String(index).repeat(64)]))
const text = renderAclFile({ shards: ['s1'], passwordHashes })
const lineOf = (user: string) => text.split('\n').find((line) => line.startsWith(`user ${user} `)) ?? ''

describe('the ACL file', () => {
  it('has a line per user, and shuts the default user out', () => {
    expect(text.trim().split('\n')).toHaveLength(redisUsers.length + 1)
    expect(lineOf('default')).toMatch(/^user default off resetpass /)
    expect(lineOf('executor')).toContain(`on #${passwordHashes['executor']} `)
  })

  it('gives `+@all` and all keys to the admin alone', () => {
    for (const user of redisUsers.filter((name) => name !== 'admin')) {
      expect(lineOf(user)).not.toMatch(/\+@|~\*|allkeys|allcommands|\+eval|\+function|\+keys|\+config|\+acl/)
      expect(lineOf(user)).toContain('-@all')
    }
  })

  it('lets a service write its own mouth only', () => {
    expect(lineOf('executor')).toContain('(+fcall +xadd +xlen ~gh:{s1}:from:executor)')
    expect(lineOf('executor')).not.toContain('from:audit')
  })

  it('holds both passwords of a user while one replaces the other', () => {
    const both = ['a'.repeat(64), 'b'.repeat(64)]
    const rotating = renderAclFile({ shards: ['s1'], passwordHashes: { ...passwordHashes, executor: both } })
    expect(rotating).toContain(`user executor on #${both[0]} #${both[1]} -@all`)
  })

  it('is not rendered without a proper hash for every user', () => {
    const { executor: _, ...others } = passwordHashes
    expect(() => renderAclFile({ shards: ['s1'], passwordHashes: others })).toThrow('user executor needs')
    expect(() => renderAclFile({ shards: ['s1'], passwordHashes: { ...others, executor: 'plain' } })).toThrow(
      RangeError,
    )
    expect(() => renderAclFile({ shards: ['s1'], passwordHashes: { ...others, executor: [] } })).toThrow(
      RangeError,
    )
  })
})
