import { type AgentConfig, type ProposalContent, approvalDigest } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { approvedContent } from './proposal.policy.js'

const config: AgentConfig = {
  name: 'csv-agent',
  description: 'x',
  prompt: 'x',
  runtime: 'script',
  skills: ['csv'],
  functions: ['fs.read'],
  configuration: {},
}
const content: ProposalContent = { kind: 'new-agent', subject: { config, skills: [], drafts: [] }, files: [] }
const changed = { ...content, files: [{ path: 'csv/scripts/a.mjs', sha256: '0'.repeat(64) }] }
const digest = approvalDigest(content)
const proposal = { taskId: 'task', digest, content, state: 'proposed' as const }
const request = { taskId: 'task', digest }

describe('an approved proposal', () => {
  it('is registered when it is the one that was approved', () => {
    expect(approvedContent(request, proposal)).toBe(content)
  })

  it.each([
    ['unknown', request, null, 'proposal-not-found'],
    ['another task’s', { ...request, taskId: 'other' }, proposal, 'proposal-not-found'],
    ['used', request, { ...proposal, state: 'registered' as const }, 'proposal-used'],
    ['another one than was approved', { ...request, digest: '0'.repeat(64) }, proposal, 'digest-mismatch'],
    ['changed since', request, { ...proposal, content: changed }, 'proposal-changed'],
    ['of an earlier release', request, { ...proposal, content: null }, 'proposal-outdated'],
  ])('is refused when it is %s', (_, asked, stored, code) => {
    expect(approvedContent(asked, stored)).toMatchObject({ code })
  })
})
