import type { AgentConfig } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { agentProfiles, type Catalog, type CatalogSkill, changesBetween, usableAgents } from './catalog.js'

const skill = (name: string, requiredCapabilities: string[]): CatalogSkill => ({
  id: `id of ${name}`,
  name,
  description: '',
  requiredCapabilities,
  scripted: true,
  tags: [],
  examples: [],
  learnt: [],
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
describe('the agents of a catalog', () => {
  it('count only with the skills they can carry out as those are now', () => {
    expect(agentProfiles(catalog).map(({ name, skillIds }) => [name, skillIds])).toEqual([
      ['reader', ['read']],
      ['runner', ['run']],
    ])
  })

  it('are usable by those who may let them do all they may do', () => {
    expect(usableAgents(catalog, { functions: ['*'] })).toEqual(['reader', 'runner'])
    expect(usableAgents(catalog, { functions: ['fs.*'] })).toEqual(['reader'])
    expect(usableAgents(catalog, { functions: [] })).toEqual([])
  })
})

describe('the changes between two catalogs', () => {
  const [read, run] = catalog.skills as [CatalogSkill, CatalogSkill]
  const having = (skills: CatalogSkill[], agents = catalog.agents) => ({ ...catalog, skills, agents })

  it('are none between equal ones', () => {
    const same = having([{ ...read }, { ...run }])
    expect(changesBetween(catalog, same)).toEqual({ removed: [], replaced: [], agentsChanged: false })
  })

  it('are skills that went, came, have another version or learnt something', () => {
    const newer = { ...read, id: 'newer' }
    const other = skill('other', [])
    expect(changesBetween(catalog, having([newer, run, other]))).toMatchObject({ replaced: [newer, other] })
    const wiser = { ...run, learnt: ['Run the tests'] }
    expect(changesBetween(catalog, having([read, wiser]))).toMatchObject({ removed: [], replaced: [wiser] })
    expect(changesBetween(catalog, having([read]))).toMatchObject({ removed: ['run'], replaced: [] })
  })

  it('are agents that can do something else now, not those whose skill only says it otherwise', () => {
    expect(changesBetween(catalog, having([{ ...read, id: 'newer' }, run])).agentsChanged).toBe(false)
    const needsMore = { ...read, id: 'newer', requiredCapabilities: ['fs.write'] }
    expect(changesBetween(catalog, having([needsMore, run])).agentsChanged).toBe(true)
    expect(changesBetween(catalog, having([read, run], [])).agentsChanged).toBe(true)
  })
})
