import type { AgentConfig, AgentView } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { plain } from '../terminal/paint.js'
import { renderAgentDifferences } from './agent.rendering.js'
import { differencesOf } from './agent.differences.js'

const version = (number: number, config: Partial<AgentConfig> = {}): AgentView => ({
  id: 'a',
  name: 'clerk',
  version: number,
  ephemeral: false,
  state: 'active',
  createdAt: '2026-01-01T00:00:00Z',
  config: {
    name: 'clerk',
    description: 'Reports.',
    prompt: 'Be exact.\nBe brief.',
    runtime: 'script',
    skills: ['a'],
    functions: ['bash'],
    configuration: { x: 1, y: { a: 1, b: 2 } },
    ...config,
  },
})

describe('two versions of an agent', () => {
  it('are the same whatever the order of names in their configuration', () => {
    const { fields } = differencesOf(version(1), version(2, { configuration: { y: { b: 2, a: 1 }, x: 1 } }))
    expect(fields).toEqual([])
  })

  it('differ in the fields that say something else, and in those that only one has', () => {
    const differences = differencesOf(
      version(1),
      version(3, { functions: ['bash', 'fs.read'], prompt: 'Be exact.\nBe long.', grants: { hosts: [] } }),
    )
    expect(differences).toMatchObject({ name: 'clerk', from: 1, to: 3 })
    expect(differences.fields).toEqual([
      { field: 'prompt', from: 'Be exact.\nBe brief.', to: 'Be exact.\nBe long.' },
      { field: 'functions', from: ['bash'], to: ['bash', 'fs.read'] },
      { field: 'grants', from: null, to: { hosts: [] } },
    ])
    const shown = renderAgentDifferences(differences, plain)
    expect(shown).toMatch(/clerk v1 → v3/)
    expect(shown).toMatch(/- Be brief\.\n\s+\+ Be long\./)
    expect(shown).not.toMatch(/[-+] Be exact/)
    expect(shown).toMatch(/- –\n\s+\+ {"hosts":\[\]}/)
  })
})
