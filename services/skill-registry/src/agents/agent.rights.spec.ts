import { describe, expect, it } from 'vitest'
import { canCarryOut, functionsOf, missingFunctions, problemOfRights } from './agent.rights.js'

const reading = { name: 'reading', requiredCapabilities: ['fs.read'], scripted: true }
const running = { name: 'running', requiredCapabilities: ['bash', 'fs.read'], scripted: false }

describe('the rights of an agent', () => {
  it('are what its skills need together', () => {
    expect(functionsOf([reading, running])).toEqual(['bash', 'fs.read'])
    expect(missingFunctions([reading, running], ['fs.read'])).toEqual(['bash'])
  })

  it('let it carry out a skill only while they cover the skill, and a script agent only with steps', () => {
    expect(canCarryOut({ functions: ['fs.read'], runtime: 'script' }, reading)).toBe(true)
    expect(canCarryOut({ functions: [], runtime: 'llm' }, reading)).toBe(false)
    expect(canCarryOut({ functions: ['bash', 'fs.read'], runtime: 'script' }, running)).toBe(false)
    expect(canCarryOut({ functions: ['bash', 'fs.read'], runtime: 'llm' }, running)).toBe(true)
  })

  it('must be neither too few nor too many', () => {
    const skills = [reading, running]
    expect(problemOfRights({ functions: ['bash', 'fs.read'], runtime: 'llm' }, skills)).toBeUndefined()
    expect(problemOfRights({ functions: ['fs.read'], runtime: 'llm' }, skills)).toMatchObject({
      code: 'function-missing',
      message: 'the skill running needs bash: grant it, or leave the skill out',
    })
    expect(
      problemOfRights({ functions: ['fs.read', 'fs.write'], runtime: 'llm' }, [reading])?.message,
    ).toMatch(/none of the skills needs fs\.write/)
    expect(problemOfRights({ functions: ['bash', 'fs.read'], runtime: 'script' }, skills)?.code).toBe(
      'skill-not-scripted',
    )
  })
})
