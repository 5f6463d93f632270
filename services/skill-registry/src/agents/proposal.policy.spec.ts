import { type AgentConfig, canonicalDigest } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { reasonToRefuse } from './proposal.policy.js'

const config: AgentConfig = {
  name: 'csv-agent',
  description: 'x',
  prompt: 'x',
  runtime: 'script',
  skills: ['csv'],
  functions: ['fs.read'],
  configuration: {},
}
const digest = canonicalDigest(config)
const proposal = { taskId: 'task', digest, config, state: 'proposed' as const }
const request = { taskId: 'task', digest }

describe('an approved proposal', () => {
  it('is registered when it is the one that was approved', () => {
    expect(reasonToRefuse(request, proposal)).toBeUndefined()
  })

  it.each([
    ['unknown', request, null, 'proposal-not-found'],
    ['another task’s', { ...request, taskId: 'other' }, proposal, 'proposal-not-found'],
    ['used', request, { ...proposal, state: 'registered' as const }, 'proposal-used'],
    ['another one than was approved', { ...request, digest: '0'.repeat(64) }, proposal, 'digest-mismatch'],
    ['changed since', request, { ...proposal, config: { ...config, prompt: 'y' } }, 'proposal-changed'],
  ])('is refused when it is %s', (_, asked, stored, code) => {
    expect(reasonToRefuse(asked, stored)?.code).toBe(code)
  })
})
