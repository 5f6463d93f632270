import type { ApprovalRules, AutoApproval } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { factsOf } from './approval.facts.js'
import { problemOfApprovers, resolveRules } from './approval.rules.js'
import { fitsPattern } from './name.pattern.js'

const now = new Date('2026-01-01T00:00:00Z')
const installation = { deadlineMs: 1_000, requesterMayAnswer: false }
const call = factsOf('function-call', 't1', { function: 'bash', agent: { name: 'librarian' } })
const resolve = (rules: ApprovalRules, facts = call) => resolveRules(rules, facts, installation, now)

describe('what a question is about', () => {
  it.each([
    [{ function: 'bash', agent: 'librarian' }, ['bash'], ['librarian']],
    [
      { functions: ['bash', 'fs.read', 'bash'], agent: { name: 'a', version: 2 } },
      ['bash', 'fs.read'],
      ['a'],
    ],
    [{ config: { name: 'new', functions: ['bash'] }, skills: [] }, ['bash'], ['new']],
    [{ candidates: [{ agent: { name: 'a' } }, { agent: { name: 'b' } }] }, [], ['a', 'b']],
    [{ function: 3, agent: null, config: 'x', candidates: [null, {}] }, [], []],
  ])('is read from %j', (subject, functions, agents) => {
    expect(factsOf('function-call', 't1', subject)).toMatchObject({ functions, agents })
  })
})

describe('a name', () => {
  it.each([
    ['bash', 'bash', true],
    ['bash', 'bash2', false],
    ['*', '', true],
    ['fs.*', 'fs.read', true],
    ['fs.*', 'fsx', false],
    ['*.read', 'fs.read', true],
    ['mcp.*.list*', 'mcp.jira.list-issues', true],
    ['mcp.*.list*', 'mcp.jira.get', false],
    ['a*a', 'a', false],
    ['a*b*c', 'a-c-b', false],
  ])('fits %s: %s? %s', (pattern, name, fits) => {
    expect(fitsPattern(pattern, name)).toBe(fits)
  })
})

describe('the rules for a question', () => {
  it('are those of the installation where nothing is said', () => {
    expect(resolve({})).toEqual({
      allowances: [],
      approvers: { roles: ['approver'], clients: [], quorum: 1, requesterMayAnswer: false },
      deadlineMs: 1_000,
    })
  })

  it('are those of the task, then of the agent, then of the tenant, each filling in what is open', () => {
    const rules: ApprovalRules = {
      tasks: [
        { task: 't1', quorum: 3 },
        { task: 't2', deadlineMs: 1 },
      ],
      agents: [
        { agent: 'lib*', quorum: 2, approvers: { clients: ['ben', 'ben', 'carl'] } },
        { agent: 'other', requesterMayAnswer: true },
      ],
      quorum: 1,
      approvers: { roles: ['operator'] },
      deadlineMs: 5_000,
      escalation: { afterMs: 2_000, roles: ['administrator'] },
    }
    expect(resolve(rules)).toMatchObject({
      approvers: { roles: [], clients: ['ben', 'carl'], quorum: 3, requesterMayAnswer: false },
      deadlineMs: 5_000,
      escalation: { afterMs: 2_000, roles: ['administrator'], clients: [] },
    })
  })

  it('deny when one of the functions and agents is denied, whatever allows it', () => {
    const allow = [
      { name: 'all', kinds: ['function-call' as const], count: 9, until: '2027-01-01T00:00:00Z' },
    ]
    const denied = (deny: ApprovalRules['deny'], facts = call) =>
      resolve({ deny: deny ?? [], allow }, facts).denial
    expect(denied([{ name: 'no-bash', functions: ['bash'] }])?.name).toBe('no-bash')
    expect(denied([{ name: 'no-bash', functions: ['fs.*'] }])).toBeUndefined()
    expect(denied([{ name: 'no', kinds: ['new-agent'] }])).toBeUndefined()
    expect(denied([{ name: 'no', agents: ['librarian'], functions: ['http.*'] }])).toBeUndefined()
    const several = factsOf('new-agent', 't1', { config: { name: 'n', functions: ['fs.read', 'bash'] } })
    expect(denied([{ name: 'no-bash', functions: ['bash'] }], several)?.name).toBe('no-bash')
  })
})

describe('a rule that approves', () => {
  const rule = (over: Partial<AutoApproval>): AutoApproval => ({
    name: 'r',
    kinds: ['function-call', 'new-agent'],
    count: 1,
    until: '2026-01-01T00:00:01Z',
    ...over,
  })
  const allows = (over: Partial<AutoApproval>, facts = call) =>
    resolve({ allow: [rule(over)] }, facts).allowances.length > 0

  it('is about certain kinds, functions and agents, all of those in the question', () => {
    expect(allows({})).toBe(true)
    expect(allows({ functions: ['bash'], agents: ['lib*'] })).toBe(true)
    expect(allows({ kinds: ['unknown-effect'] })).toBe(false)
    expect(allows({ functions: ['fs.read'] })).toBe(false)
    const several = factsOf('new-agent', 't1', { config: { name: 'n', functions: ['fs.read', 'bash'] } })
    expect(allows({ functions: ['fs.*'] }, several)).toBe(false)
    expect(allows({ functions: ['fs.*', 'bash'] }, several)).toBe(true)
    // A rule about functions says nothing about what names none.
    expect(allows({ functions: ['*'] }, factsOf('function-call', 't1', {}))).toBe(false)
  })

  it('ends at its time', () => {
    expect(allows({ until: '2026-01-01T00:00:00Z' })).toBe(false)
  })

  it('of the task comes before that of the agent and of the tenant', () => {
    const { allowances } = resolve({
      allow: [rule({ name: 'tenant' })],
      agents: [{ agent: '*', allow: [rule({ name: 'agent' })] }],
      tasks: [{ task: 't1', allow: [rule({ name: 'task' })] }],
    })
    expect(allowances.map(({ name }) => name)).toEqual(['task', 'agent', 'tenant'])
  })
})

describe('a roster that leaves too few people', () => {
  const named = (clients: string[], quorum = 1, requesterMayAnswer = false) =>
    problemOfApprovers({ roles: [], clients, quorum, requesterMayAnswer }, undefined, 'anna')

  it('is told before anybody waits for an answer that cannot come', () => {
    expect(named([])).toBe('1 person has to allow it, and nobody may')
    expect(named(['anna'])).toBe('1 person has to allow it, and nobody may')
    expect(named(['anna', 'ben'], 2)).toBe('2 people have to allow it, and 1 may')
    expect(named(['anna', 'ben'], 2, true)).toBeUndefined()
  })

  it('may be made up by those who are asked later', () => {
    const approvers = { roles: [], clients: ['ben'], quorum: 2, requesterMayAnswer: false }
    expect(problemOfApprovers(approvers, { roles: [], clients: ['carl'] }, 'anna')).toBeUndefined()
    expect(problemOfApprovers(approvers, { roles: ['operator'], clients: [] }, 'anna')).toBeUndefined()
  })
})
