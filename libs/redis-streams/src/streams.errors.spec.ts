import { describe, expect, it } from 'vitest'
import {
  AuditFullError,
  BusyError,
  isGroupLost,
  streamsError,
  UnavailableError,
  LibraryMissingError,
  RefusedByRedisError,
} from './streams.errors.js'

describe('what Redis and ioredis say', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", BusyError],
    ['MISCONF Redis is configured to save RDB snapshots', BusyError],
    ['NOREPLICAS Not enough good replicas to write.', BusyError],
    ['LOADING Redis is loading the dataset in memory', UnavailableError],
    ["READONLY You can't write against a read only replica.", UnavailableError],
    ['MASTERDOWN Link with MASTER is down', UnavailableError],
    ['CLUSTERDOWN The cluster is down', UnavailableError],
    ['Connection is closed.', UnavailableError],
    ["Stream isn't writeable and enableOfflineQueue options is false", UnavailableError],
    ['AUDITFULL the audit stream holds 2 entries', AuditFullError],
    ['ERR Function not found', LibraryMissingError],
    ['MOVED 3999 127.0.0.1:6381', UnavailableError],
    ['ASK 3999 127.0.0.1:6381', UnavailableError],
    ['BUSY Redis is busy running a script.', UnavailableError],
    ['UNBLOCKED force unblock from blocking operation, instance state changed', UnavailableError],
    ['NOPERM this user has no permissions', RefusedByRedisError],
    ['WRONGPASS invalid username-password pair or user is disabled.', RefusedByRedisError],
  ])('%s: has a type', (text, type) => {
    expect(streamsError(new Error(text))).toBeInstanceOf(type)
  })

  it('is kept as it is where only the caller can understand it', () => {
    const error = new Error('BUSYGROUP Consumer Group name already exists')
    expect(streamsError(error)).toBe(error)
  })

  it('knows a failed connection by its code', () => {
    const error = Object.assign(new Error(''), { code: 'ECONNREFUSED' })
    expect(streamsError(error)).toBeInstanceOf(UnavailableError)
  })

  it('never carries the arguments of the failed command', () => {
    const error = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['u', 'secret'] } })
    expect(streamsError(error)).not.toHaveProperty('command')
  })

  it('tells when a group or its stream is gone', () => {
    expect(isGroupLost(new Error("NOGROUP No such key 'x' or consumer group 'g'"))).toBe(true)
    expect(isGroupLost(new Error('UNBLOCKED the stream key no longer exists'))).toBe(true)
    expect(
      isGroupLost(new Error('UNBLOCKED force unblock, instance state changed (master -> replica?)')),
    ).toBe(false)
    expect(isGroupLost(new Error('ERR other'))).toBe(false)
  })
})
