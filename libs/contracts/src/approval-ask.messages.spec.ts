import 'reflect-metadata'
import { plainToInstance } from 'class-transformer'
import { validateSync } from 'class-validator'
import { describe, expect, it } from 'vitest'
import { ApprovalAsk } from './approval-ask.messages.js'
import { approvalDigest } from './approval.digest.js'
import { ApprovalRules } from './approval-policy.messages.js'

const id = '019a0000-0000-7000-8000-000000000001'
const ask = {
  taskId: id,
  askId: id,
  kind: 'function-call',
  question: 'May it?',
  subject: { function: 'bash', arguments: { all: true, depth: 1, deep: [null, { x: '1' }, [[0.5]]] } },
  files: [{ path: 'a.sh', sha256: 'a'.repeat(64) }],
}
const problemsOf = (payload: new () => object, value: object) =>
  validateSync(plainToInstance(payload, value), { whitelist: true, forbidNonWhitelisted: true })

describe('a question of a service', () => {
  it('has the same digest for who hears it as for who asks it', () => {
    const heard = plainToInstance(ApprovalAsk, JSON.parse(JSON.stringify(ask)) as object)
    expect(approvalDigest(heard)).toBe(approvalDigest(ask))
    expect(problemsOf(ApprovalAsk, ask)).toEqual([])
  })

  it.each([
    { kind: 'new-agent' },
    { subject: [1] },
    { files: [{ path: 'a.sh', sha256: 'A' }] },
    { options: [{ answer: 'Do it', label: 'x' }] },
    { deadlineMs: 0 },
  ])('is refused with %j', (over) => {
    expect(problemsOf(ApprovalAsk, { ...ask, ...over })).not.toEqual([])
  })
})

describe('the rules of a policy', () => {
  const allow = { name: 'lists', kinds: ['function-call'], count: 2, until: '2027-01-01T00:00:00Z' }

  it.each([
    {},
    { deny: [{ name: 'no-shell', functions: ['bash'] }], quorum: 2, approvers: { roles: ['approver'] } },
    { allow: [allow], agents: [{ agent: 'lib*', allow: [{ ...allow, answer: 'permanent' }] }] },
    { tasks: [{ task: id, escalation: { afterMs: 60_000, clients: ['ben'] } }] },
  ])('may be %j', (rules) => {
    expect(problemsOf(ApprovalRules, rules)).toEqual([])
  })

  it.each([
    { quorom: 2 },
    { quorum: 0 },
    { allow: [{ ...allow, count: undefined }] },
    { allow: [{ ...allow, until: undefined }] },
    { allow: [{ ...allow, until: 'tomorrow' }] },
    { allow: [{ ...allow, kinds: undefined }] },
    { allow: [{ ...allow, kinds: [] }] },
    { deny: [{ functions: ['bash'] }] },
    { approvers: { roles: ['anybody'] } },
    { escalation: { clients: ['ben'] } },
  ])(
    'are refused with %j: nothing is allowed without bounds, and nothing misspelt is passed over',
    (rules) => {
      expect(problemsOf(ApprovalRules, rules)).not.toEqual([])
    },
  )
})
