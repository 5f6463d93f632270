import { serviceNames } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { schemaName, userName } from './schema.names.js'

describe('schemaName', () => {
  it('gives every service a schema and a user of its own', () => {
    expect(schemaName('task-scheduler')).toBe('guildhall_task_scheduler')
    expect(userName('task-scheduler')).toBe('guildhall_task_scheduler')
    expect(new Set(serviceNames.map(schemaName)).size).toBe(serviceNames.length)
  })

  it.each(['', 'a_b', 'Audit', 'a`b', "a'b", '-a', 'a-', 'a--b', 'a.b', 'a'.repeat(23)])(
    'refuses %j',
    (name) => {
      expect(() => schemaName(name)).toThrow('is no service name')
    },
  )
})
