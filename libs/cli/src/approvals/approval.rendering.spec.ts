import type { ApprovalView } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { plain } from '../terminal/paint.js'
import { renderApproval, renderApprovals } from './approval.rendering.js'

const approval: ApprovalView = {
  id: '019a0000-0000-7000-8000-000000000001',
  taskId: '019a0000-0000-7000-8000-000000000002',
  kind: 'new-agent',
  question: 'May a new agent find duplicate files?',
  state: 'pending',
  digest: 'd'.repeat(64),
  proposal: {
    name: 'duplicate-files-agent',
    description: 'Finds duplicates.',
    prompt: '',
    runtime: 'script',
    skills: ['duplicate-files'],
    functions: ['bash', 'fs.write'],
    configuration: {},
  },
  match: {
    matchId: 'm',
    matchScore: 0.4999,
    threshold: 0.5,
    margin: 0,
    requiredSkills: ['duplicate-files'],
    missingSkills: [],
    reasons: [],
  },
  answers: ['refuse', 'once', 'permanent'],
  defaultAnswer: 'refuse',
  deadline: '2026-01-01T00:10:00.000Z',
  createdAt: '2026-01-01T00:00:00.000Z',
}

describe('renderApproval', () => {
  it('shows everything that the decision binds: skills, functions, score, digest, deadline and its default', () => {
    const text = renderApproval(approval, plain, new Date('2026-01-01T00:04:00Z'))
    for (const part of [
      'duplicate-files-agent (script)',
      'bash, fs.write',
      '0.4999 (needs 0.50)',
      'd'.repeat(64),
      '2026-01-01 00:10:00 UTC (in 6 min 0 s, then: refuse)',
    ])
      expect(text).toContain(part)
  })

  it('shows who answered what, and does not let names steer the terminal', () => {
    const text = renderApproval(
      { ...approval, state: 'approved', answer: 'once', decidedBy: '\u001b[2Janna' },
      plain,
    )
    expect(text).toContain('once by anna')
    expect(text).not.toContain('\u001b')
  })

  it('keeps a list within 100 columns', () => {
    const long = { ...approval, proposal: { ...approval.proposal, skills: ['a'.repeat(90)] } }
    for (const line of renderApprovals([long, approval], plain).split('\n'))
      expect(line.length).toBeLessThanOrEqual(100)
  })
})
