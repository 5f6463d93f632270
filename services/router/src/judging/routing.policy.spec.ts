import {
  type ClientIdentity,
  hardLimitBytes,
  inlineLimitBytes,
  type Role,
  topology,
} from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { carriageDenial, permissionDenial, type Sender } from './routing.policy.js'

const now = Date.parse('2026-01-01T12:00:00Z')
const client = (...roles: Role[]): { client: ClientIdentity } => ({
  client: { id: 'anna', tenant: 'acme', roles },
})
const denial = (sender: Sender, type: string, bytes = 2, expirytime?: string) =>
  permissionDenial(sender, type) ??
  carriageDenial({ type, ...(expirytime !== undefined && { expirytime }) }, 'x'.repeat(bytes), now)

describe('a message of a client', () => {
  it('is carried when the client has the role that it needs', () => {
    expect(denial(client('submitter'), 'task.submit')).toBeUndefined()
    expect(denial(client('operator', 'approver'), 'approval.decide')).toBeUndefined()
  })

  it('is refused without that role, and the client is told which one it needs', () => {
    expect(denial(client('approver', 'operator'), 'task.submit')).toEqual({
      code: 'not-permitted',
      reason: 'task.submit needs the role submitter; anna has approver, operator',
    })
    expect(denial(client(), 'audit.list')?.reason).toBe('audit.list needs the role operator; anna has none')
  })

  it('is refused when only services say it, whatever the roles', () => {
    const everything = client('submitter', 'approver', 'operator')
    for (const type of ['task.run', 'run.succeeded', 'task.completed', 'agent.register', 'request.refused']) {
      expect(denial(everything, type)).toEqual({
        code: 'not-permitted',
        reason: `a client may not say ${type}`,
      })
    }
  })
})

describe('a message of a service', () => {
  it('is carried when its row names the service', () => {
    expect(denial({ service: 'executor' }, 'run.succeeded')).toBeUndefined()
  })

  it('is refused when it belongs to another service or to clients', () => {
    expect(denial({ service: 'skill-registry' }, 'run.succeeded')).toEqual({
      code: 'not-permitted',
      reason: 'a skill-registry may not say run.succeeded',
    })
    expect(denial({ service: 'executor' }, 'task.submit')?.code).toBe('not-permitted')
  })
})

describe('every message', () => {
  it('must be one of the topology', () => {
    for (const type of ['', 'task', 'task.sumbit', 'constructor', '__proto__']) {
      expect(denial(client('submitter'), type)).toEqual({
        code: 'unknown-type',
        reason: `there is no message of type '${type}'`,
      })
    }
  })

  it('may have exactly as many bytes as its row says', () => {
    expect(denial(client('submitter'), 'task.get', inlineLimitBytes)).toBeUndefined()
    expect(denial(client('submitter'), 'task.get', inlineLimitBytes + 1)).toEqual({
      code: 'too-large',
      reason: 'the payload has 65537 bytes; task.get may have 65536',
    })
    expect(denial({ service: 'task-scheduler' }, 'task.run', hardLimitBytes)).toBeUndefined()
    expect(denial({ service: 'task-scheduler' }, 'task.run', hardLimitBytes + 1)?.code).toBe('too-large')
  })

  it('is refused from its expiry time on', () => {
    const at = (time: string) => denial({ service: 'executor' }, 'run.started', 2, time)
    expect(at('2026-01-01T12:00:00.001Z')).toBeUndefined()
    expect(at('2026-01-01T12:00:00Z')).toEqual({
      code: 'expired',
      reason: 'it was to be delivered before 2026-01-01T12:00:00Z',
    })
    expect(at('2026-01-01T13:30:00+02:00')?.code).toBe('expired')
  })
})

describe('a payload that lies apart', () => {
  const claim = (type: string, datasize?: number) =>
    carriageDenial({ type, dataref: 'x', ...(datasize !== undefined && { datasize }) }, '', now)
  const { maxBytes } = topology.find('task.run') as { maxBytes: number }

  it('may be as large as the row of its message allows, by the size that its owner tells', () => {
    expect(maxBytes).toBeGreaterThan(hardLimitBytes)
    expect(claim('task.run', maxBytes)).toBeUndefined()
    expect(claim('task.run', maxBytes + 1)?.code).toBe('too-large')
  })

  it('is refused without a size, and when a client is to hear of it', () => {
    expect(claim('task.run')?.code).toBe('invalid')
    expect(claim('task.completed', 5)?.code).toBe('invalid')
  })
})

describe('a message that is to be delivered later', () => {
  const later = (ms: number) => new Date(now + ms).toISOString()
  const code = (type: string, delivertime: string) => carriageDenial({ type, delivertime }, '{}', now)?.code

  it('is carried up to 10 minutes ahead', () => {
    expect(code('task.run', later(600_000))).toBeUndefined()
    expect(code('task.run', later(-600_000))).toBeUndefined()
    expect(code('task.run', later(600_001))).toBe('invalid')
  })

  it('is refused when the time is none, and when a client is to hear it', () => {
    expect(code('task.run', 'tomorrow')).toBe('invalid')
    expect(code('task.completed', later(1_000))).toBe('invalid')
  })
})
