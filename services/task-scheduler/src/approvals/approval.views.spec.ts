import { describe, expect, it } from 'vitest'
import { approvalFixture } from './approval.fixture.js'
import { approvalSummary, approvalView, voteView } from './approval.views.js'

const at = '2026-01-01T12:00:00.123Z'

describe('an approval as those who may answer see it', () => {
  it('shows what will happen, the answers and what the deadline answers', () => {
    const approval = approvalFixture()
    expect(approvalView(approval)).toEqual({
      id: approval.id,
      taskId: approval.taskId,
      kind: 'function-call',
      question: 'May librarian call bash?',
      state: 'pending',
      digest: approval.digest,
      subject: approval.subject,
      files: [],
      options: approval.options,
      defaultAnswer: 'refuse',
      deadline: '2026-01-02T12:00:00.123Z',
      requestedBy: 'anna',
      askedBy: 'executor',
      approvers: approval.approvers,
      votes: [],
      createdAt: at,
    })
  })

  it('shows who decided, and nobody where the deadline did', () => {
    const decidedAt = new Date(at)
    const decision = { state: 'approved' as const, answer: 'once', decidedAt }
    expect(approvalView(approvalFixture({ ...decision, decidedBy: 'ben', comment: 'go' }))).toMatchObject({
      answer: 'once',
      decidedBy: 'ben',
      decidedAt: at,
      comment: 'go',
    })
    const expired = approvalFixture({ state: 'expired', answer: 'refuse', decidedAt })
    expect(approvalView(expired)).not.toHaveProperty('decidedBy')
  })

  it('shows when further people are asked, and once they are since when', () => {
    const escalatesAt = new Date(at)
    expect(approvalView(approvalFixture({ escalatesAt }))).toMatchObject({ escalatesAt: at })
    const raised = approvalView(approvalFixture({ escalatesAt, escalatedAt: new Date(at) }))
    expect(raised).toMatchObject({ escalatedAt: at })
    expect(raised).not.toHaveProperty('escalatesAt')
  })

  it('has nothing large in a list, and does not show the tenant', () => {
    const approval = approvalFixture({ tenant: 'acme-ltd' })
    for (const name of ['subject', 'files', 'options', 'match', 'tenant']) {
      expect(approvalSummary(approval)).not.toHaveProperty(name)
    }
    expect(JSON.stringify(approvalView(approval))).not.toContain('acme-ltd')
  })

  it('shows each voice with its words', () => {
    const vote = { approvalId: 'p1', clientId: 'ben', answer: 'once', comment: null, at: new Date(at) }
    expect(voteView(vote)).toEqual({ by: 'ben', answer: 'once', at })
    expect(voteView({ ...vote, comment: 'go' })).toMatchObject({ comment: 'go' })
  })
})
