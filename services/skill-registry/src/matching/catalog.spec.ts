import type { AgentConfig } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { agentProfiles, type Catalog, type CatalogSkill } from './catalog.js'

const skill = (name: string, requiredCapabilities: string[]): CatalogSkill => ({
  id: `id of ${name}`,
  name,
  description: '',
  requiredCapabilities,
  scripted: true,
  tags: [],
  examples: [],
  body: '',
})
const agent = (name: string, config: Pick<AgentConfig, 'skills' | 'functions'>) => ({
  ref: { id: name, name, version: 1, ephemeral: false },
  config: { name, description: '', prompt: '', runtime: 'script' as const, configuration: {}, ...config },
})
const catalog: Catalog = {
  revision: 1,
  skills: [skill('read', ['fs.read']), skill('run', ['bash'])],
  agents: [
    agent('reader', { skills: ['read', 'gone', 'run'], functions: ['fs.read'] }),
    agent('runner', { skills: ['run'], functions: ['bash'] }),
  ],
}
const usable = (functions: Parameters<typeof agentProfiles>[1]) =>
  agentProfiles(catalog, functions).map(({ name, skillIds }) => [name, skillIds])

describe('the agents that a requester may use', () => {
  it('count only with the skills they can carry out as those are now', () => {
    expect(usable(['bash', 'fs.read'])).toEqual([
      ['reader', ['id of read']],
      ['runner', ['id of run']],
    ])
  })

  it('may do no more than the requester', () => {
    expect(usable(['fs.read'])).toEqual([['reader', ['id of read']]])
  })
})
