import { describe, expect, it } from 'vitest'
import {
  AuditFullError,
  BusyError,
  isGroupLost,
  streamsError,
  UnavailableError,
  UnsuitableRedisError,
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
    ['ERR Function not found', UnsuitableRedisError],
  ])('%s: has a type', (text, type) => {
    expect(streamsError(new Error(text))).toBeInstanceOf(type)
  })

  it('keeps a refusal as it is', () => {
    const error = new Error('NOPERM this user has no permissions')
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
    expect(isGroupLost(new Error('ERR other'))).toBe(false)
  })
})
