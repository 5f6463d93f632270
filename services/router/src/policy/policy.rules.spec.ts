import { describe, expect, it } from 'vitest'
import { defaultLimits, Policy } from './policy.rules.js'

const anna = { id: 'anna', tenant: 'acme', roles: [] }
const policy = (rules: ConstructorParameters<typeof Policy>[0]['rules']) => new Policy({ version: 1, rules })

describe('the limits of a policy', () => {
  it('are the defaults where it says nothing', () => {
    expect(policy({}).limitsOf(anna)).toEqual({
      client: defaultLimits.perClient,
      tenant: defaultLimits.perTenant,
    })
  })

  it('are those of the client or tenant by name, then those of all', () => {
    const { client, tenant } = policy({
      perClient: { burst: 7, waitingTasks: 3 },
      clients: [{ name: 'anna', waitingTasks: 0 }],
      tenants: [{ name: 'other', burst: 1 }],
    }).limitsOf(anna)
    expect(client).toEqual({ ...defaultLimits.perClient, burst: 7, waitingTasks: 0 })
    expect(tenant).toEqual(defaultLimits.perTenant)
  })
})

describe('a rule of a policy that denies', () => {
  it.each([
    [{}, true],
    [{ client: 'anna' }, true],
    [{ client: 'ann' }, false],
    [{ client: 'an*' }, true],
    [{ client: '*na' }, true],
    [{ tenant: 'acme', type: 'task.*' }, true],
    [{ tenant: 'other', type: 'task.*' }, false],
    [{ type: 'task.submit' }, true],
    [{ type: 'taskxsubmit' }, false],
    [{ type: 'task?submit' }, false],
    [{ type: 'state.*' }, false],
  ])('fits what all of its patterns fit: %j', (rule, isDenied) => {
    expect(policy({ deny: [rule] }).denialOf(anna, 'task.submit') !== undefined).toBe(isDenied)
  })

  it('tells its reason, and never stands in the way of another policy', () => {
    const closed = policy({ deny: [{ type: 'state.*' }, { reason: 'closed for the night' }] })
    expect(closed.denialOf(anna, 'task.submit')).toBe('the policy denies it: closed for the night')
    expect(closed.denialOf(anna, 'policy.set')).toBeUndefined()
    expect(closed.denialOf(anna, 'policy.get')).toBeUndefined()
  })
})
