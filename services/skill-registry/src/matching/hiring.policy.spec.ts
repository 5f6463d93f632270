import { type FunctionName, functionNames } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { heldFunctions, reasonNotToHire } from './hiring.policy.js'

const skill = { name: 'csv', requiredCapabilities: ['bash', 'fs.read'], scripted: true }
const held = (...functions: FunctionName[]) => ({ rights: { functions }, hasModelAgents: false })
const nearest = (coveredSkillIds: string[]) => ({
  agentId: 'a',
  name: 'clerk',
  score: 0.4,
  coverage: 0.5,
  coveredSkillIds,
  matchedTerms: [],
  evidence: 1,
})

describe('hiring', () => {
  it('is proposed when the requester may do what the skills need', () => {
    expect(reasonNotToHire({ candidates: [] }, [skill], held('bash', 'fs.read'))).toBeUndefined()
    expect(reasonNotToHire({ candidates: [nearest([])] }, [skill], held('bash', 'fs.read'))).toBeUndefined()
  })

  it('is not proposed beyond the requester’s rights, and says which is missing', () => {
    expect(reasonNotToHire({ candidates: [] }, [skill], held('fs.read'))).toBe(
      'The requester may not let an agent call bash, which csv needs.',
    )
  })

  it('is not proposed where a skill needs a model and the executor has none', () => {
    const unscripted = { ...skill, scripted: false }
    const without = held('bash', 'fs.read')
    expect(reasonNotToHire({ candidates: [] }, [unscripted], without)).toMatch(/no model, which csv needs/)
    const withModel = { ...without, hasModelAgents: true }
    expect(reasonNotToHire({ candidates: [] }, [unscripted], withModel)).toBeUndefined()
  })

  it('goes by the functions that the requester’s patterns hold', () => {
    expect(heldFunctions({ functions: ['fs.*', 'ask.*'] })).toEqual(
      functionNames.filter((name) => /^(fs|ask)\./.test(name)),
    )
    expect(heldFunctions({ functions: ['other'] })).toEqual([])
  })

  it('is not proposed when somebody holds all the skills already', () => {
    expect(reasonNotToHire({ candidates: [nearest(['1'])] }, [skill], held('bash', 'fs.read'))).toMatch(
      /^clerk holds/,
    )
  })
})
