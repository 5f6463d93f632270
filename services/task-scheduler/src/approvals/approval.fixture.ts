import { approvalDigest } from '@guildhall/contracts'
import type { Approval } from './approval.entity.js'
import { askedOptions } from './approval.options.js'

/** A pending question about a function call that anna's task wants to make, for any approver to answer. */
export function approvalFixture(over: Partial<Approval> = {}): Approval {
  const kind = 'function-call'
  const subject = { function: 'bash', arguments: { command: 'ls' }, agent: 'librarian' }
  return {
    id: '019a0000-0000-7000-8000-000000000001',
    taskId: '019a0000-0000-7000-8000-000000000002',
    tenant: 'acme',
    kind,
    proposalId: null,
    question: 'May librarian call bash?',
    risk: null,
    subject,
    files: [],
    options: askedOptions(kind),
    match: null,
    digest: approvalDigest({ kind, subject }),
    state: 'pending',
    requestedBy: 'anna',
    askedBy: 'executor',
    askId: '019a0000-0000-7000-8000-000000000003',
    approvers: { roles: ['approver'], clients: [], quorum: 1, requesterMayAnswer: false },
    escalation: null,
    escalatesAt: null,
    escalatedAt: null,
    defaultAnswer: 'refuse',
    deadline: new Date('2026-01-02T12:00:00.123Z'),
    answer: null,
    decidedBy: null,
    decidedAt: null,
    comment: null,
    usedAt: null,
    createdAt: new Date('2026-01-01T12:00:00.123Z'),
    ...over,
  }
}
