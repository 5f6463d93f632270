import { describe, expect, it } from 'vitest'
import { reasonNotToHire } from './hiring.policy.js'

const skill = { name: 'csv', requiredCapabilities: ['bash', 'fs.read'], scripted: true }
const nearest = (coveredSkillIds: string[]) => ({
  agentId: 'a',
  name: 'clerk',
  score: 0.4,
  coverage: 0.5,
  coveredSkillIds,
  matchedTerms: [],
})

describe('hiring', () => {
  it('is proposed when the requester may do what the skills need', () => {
    expect(reasonNotToHire({ candidates: [] }, [skill], ['bash', 'fs.read'])).toBeUndefined()
    expect(reasonNotToHire({ candidates: [nearest([])] }, [skill], ['bash', 'fs.read'])).toBeUndefined()
  })

  it('is not proposed beyond the requester’s rights, and says which is missing', () => {
    expect(reasonNotToHire({ candidates: [] }, [skill], ['fs.read'])).toBe(
      'The requester may not let an agent call bash, which csv needs.',
    )
  })

  it('is not proposed when somebody holds all the skills already', () => {
    expect(reasonNotToHire({ candidates: [nearest(['1'])] }, [skill], ['bash', 'fs.read'])).toMatch(
      /^clerk holds/,
    )
  })
})
