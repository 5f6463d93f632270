import type { ApprovalRules, AutoApproval } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { problemOfPolicy } from './policy.validation.js'

const allow = (name: string): AutoApproval => ({ name, kinds: ['new-agent'], count: 1, until: '2027-01-01' })

describe('the rules of a policy', () => {
  it.each<ApprovalRules>([
    {},
    { quorum: 5 },
    { approvers: { clients: ['ben', 'carl'] }, quorum: 2 },
    { approvers: { clients: ['ben'] }, quorum: 2, escalation: { afterMs: 1_000, clients: ['carl'] } },
    { approvers: { roles: ['operator'] }, tasks: [{ task: 't1', quorum: 7 }] },
  ])('may be %j', (rules) => {
    expect(problemOfPolicy(rules)).toBeUndefined()
  })

  it.each<[ApprovalRules, string]>([
    [{ approvers: {} }, 'the tenant: approvers names neither clients nor roles: nobody could answer'],
    [{ approvers: { clients: [], roles: [] } }, 'the tenant: approvers names neither'],
    [{ agents: [{ agent: 'a', approvers: { clients: [] } }] }, 'agent a: approvers names neither'],
    [{ escalation: { afterMs: 1_000 } }, 'the tenant: escalation names neither clients nor roles'],
    [
      { approvers: { clients: ['ben', 'ben'] }, quorum: 2 },
      'the tenant: a quorum of 2 cannot be reached by 1 clients',
    ],
    [
      { approvers: { clients: ['ben'] }, tasks: [{ task: 't1', quorum: 2 }] },
      'task t1: a quorum of 2 cannot be reached by 1 clients',
    ],
  ])('are refused when nobody could answer: %j', (rules, message) => {
    const problem = problemOfPolicy(rules)
    expect(problem?.code).toBe('no-approvers')
    expect(problem?.message).toContain(message)
  })

  it('have each name once, since uses are counted by it', () => {
    const twice = { allow: [allow('a')], tasks: [{ task: 't1', allow: [allow('a')] }] }
    expect(problemOfPolicy(twice)).toEqual({
      code: 'approval-policy-invalid',
      message: 'two rules are named a',
    })
  })
})
