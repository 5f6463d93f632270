import type { ApprovalView } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { plain } from '../terminal/paint.js'
import { pendingCall, pendingHire } from './approval.fixture.js'
import { decisionOf, renderApproval, renderApprovals } from './approval.rendering.js'

describe('renderApproval', () => {
  it('shows everything that the decision binds: skills, functions, score, digest, deadline and its default', () => {
    const text = renderApproval(pendingHire, plain, new Date('2026-01-01T00:04:00Z'))
    for (const part of [
      'duplicate-files-agent (script)',
      'bash, fs.write',
      '0.4999 (needs 0.50)',
      'prompt: "Be exact."',
      'd'.repeat(64),
      '2026-01-01 00:10:00 UTC (in 6 min 0 s, then: refuse)',
    ])
      expect(text).toContain(part)
  })

  it('shows the arguments of a call whole, the files by what they hold, and who may answer', () => {
    const approvers = { roles: [], clients: ['ben', 'carl'], quorum: 2, requesterMayAnswer: false }
    const votes = [{ by: 'ben', answer: 'once', at: pendingCall.createdAt, comment: 'fine' }]
    const text = renderApproval({ ...pendingCall, approvers, votes }, plain)
    for (const part of [
      '    command:\n      │ rm -r /tmp/x\n      │ sync',
      'force: true',
      `${'e'.repeat(64)}  files/scripts/clean.sh`,
      'ben, carl; not who asks',
      '2 of them to allow it',
      'ben: once (fine)',
      'refuse, once, permanent',
    ])
      expect(text).toContain(part)
  })

  it('lets neither names nor arguments steer the terminal, and hides nothing of what will happen', () => {
    const subject = { arguments: { command: 'ls \u001b[8m; rm -r ~\u001b[0m\r' } }
    const files = [{ path: 'a\u001b[2Jb\u202e', sha256: 'e'.repeat(64) }]
    const decided = { state: 'approved', answer: 'once', decidedBy: '\u001b[2Janna' } as const
    const text = renderApproval({ ...pendingCall, ...decided, subject, files }, plain)
    expect(text).toContain('once by anna')
    expect(text).toContain('ls \\u001b[8m; rm -r ~\\u001b[0m\\r')
    expect(text).toContain('a\\u001b[2Jb\\u202e')
    for (const steering of ['\u001b', '\r', '\u202e']) expect(text).not.toContain(steering)
  })
})

describe('renderApprovals', () => {
  it('keeps a list within 100 columns', () => {
    const long = { ...pendingCall, kind: 'unknown-effect' as const, question: 'a'.repeat(90) }
    for (const line of renderApprovals([long, pendingHire], plain).split('\n'))
      expect(line.length).toBeLessThanOrEqual(100)
  })
})

describe('decisionOf', () => {
  const decidedAt = '2026-01-02T03:04:05.000Z'
  it.each<[Partial<ApprovalView>, string | undefined]>([
    [{}, undefined],
    [
      { state: 'approved', answer: 'agent:2', decidedBy: 'ben', decidedAt },
      'agent:2 by ben, 2026-01-02 03:04:05 UTC',
    ],
    [{ state: 'refused', answer: 'refuse', decidedBy: 'policy:no-bash' }, 'refused by policy:no-bash'],
    [{ state: 'expired', answer: 'refuse' }, 'refuse by the deadline'],
    [{ state: 'withdrawn' }, 'withdrawn'],
    [{ state: 'revoked', answer: 'once', decidedBy: 'ben' }, 'revoked by ben'],
  ])('tells how it ended: %j', (over, text) => {
    expect(decisionOf({ ...pendingCall, ...over })).toBe(text)
  })
})
