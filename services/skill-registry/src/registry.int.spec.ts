import {
  AgentCreated,
  AgentProposed,
  AgentRefused,
  AgentRegistered,
  AgentRetired,
  allRights,
  approvalDigest,
  contentOf,
  type FunctionName,
  functionNames,
  newId,
  SkillRegistered,
  SkillsMatched,
  SkillsUnmatched,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Proposal } from './proposals/proposal.entity.js'
import { MatchDecision } from './matching/match-decision.entity.js'
import { received, RegistryFixture } from './registry.fixture.js'

const markdown = (name: string, description: string, tools = 'bash', body = 'How.') =>
  `---\nname: ${name}\ndescription: ${description}\nallowed-tools: ${tools}\n---\n${body}\n`
const steps = 'steps: [{ id: run, call: bash, arguments: { command: ls } }]'
const licences = markdown('package-licences', 'Reports the licences of installed npm packages.')
const licenceTask = 'Report the licences of the installed npm packages'

let fixture: RegistryFixture
let registry: ReturnType<RegistryFixture['controllers']>
let tenant: string

beforeAll(async () => {
  fixture = await RegistryFixture.start()
})
afterAll(() => fixture?.stop())
beforeEach(() => {
  registry = fixture.controllers()
  tenant = `t-${newId()}`
  fixture.said.length = 0
})

async function registerSkill(text: string, sidecar = steps, files?: Record<string, string>) {
  await registry.skills.register({ markdown: text, sidecar, ...(files && { files }) }, received(tenant))
  return fixture.take(SkillRegistered)[0]!
}

async function match(goal = licenceTask, functions: readonly FunctionName[] = functionNames) {
  const taskId = newId()
  const rights = { ...allRights, functions: [...functions] }
  await registry.matching.match({ taskId, goal, rights }, received(tenant))
  return {
    taskId,
    matched: fixture.take(SkillsMatched)[0],
    proposed: fixture.take(AgentProposed)[0],
    unmatched: fixture.take(SkillsUnmatched)[0],
  }
}

async function hire(permanent: boolean, goal?: string) {
  const { taskId, proposed } = await match(goal)
  const { proposalId, digest, config } = proposed!
  await registry.hiring.register({ taskId, proposalId, digest, permanent }, received(tenant))
  return { taskId, config, agent: fixture.take(AgentRegistered)[0]!.agent }
}

describe('skills', () => {
  it('get a new version for new content only, and keep the old one', async () => {
    const first = await registerSkill(licences, steps, { 'scripts/a.mjs': 'one' })
    expect(first).toMatchObject({
      created: true,
      skill: { version: 1, scripted: true, requiredCapabilities: ['bash'] },
    })
    expect(await registerSkill(licences, steps, { 'scripts/a.mjs': 'one' })).toMatchObject({
      created: false,
      skill: { id: first.skill.id, version: 1 },
    })
    const second = await registerSkill(licences, steps, { 'scripts/a.mjs': 'two' })
    expect(second).toMatchObject({ created: true, skill: { version: 2 } })
    const { skills } = await registry.skills.list({}, received(tenant))
    expect(skills).toEqual([second.skill])
    const { skill } = await registry.skills.get({ name: 'package-licences' }, received(tenant))
    const files = [{ path: 'scripts/a.mjs', sizeBytes: 3, executable: false, isText: true }]
    expect(skill).toMatchObject({ version: 2, newestVersion: 2, files, promptTemplate: 'How.' })
  })

  it('are numbered without gaps or doubles when many register at once', async () => {
    const bodies = Array.from({ length: 8 }, (_, index) =>
      markdown('csv', 'Sums up CSV.', 'bash', `v${index}`),
    )
    await Promise.all(bodies.map((text) => registry.skills.register({ markdown: text }, received(tenant))))
    const versions = fixture.take(SkillRegistered).map(({ skill }) => skill.version)
    expect(versions.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('are registered once for a message that is delivered twice', async () => {
    const message = received(tenant)
    await registry.skills.register({ markdown: licences }, message)
    await registry.skills.register({ markdown: licences }, message)
    expect(fixture.take(SkillRegistered)).toHaveLength(1)
  })

  it('are seen by their own tenant only', async () => {
    await registerSkill(licences)
    tenant = `t-${newId()}`
    expect(await registry.skills.list({}, received(tenant))).toEqual({ skills: [], omitted: 0 })
    await expect(registry.skills.get({ name: 'package-licences' }, received(tenant))).rejects.toMatchObject({
      code: 'skill-not-found',
    })
    await expect(registry.skills.get({ name: 'grüße' }, received(tenant))).rejects.toMatchObject({
      code: 'skill-not-found',
    })
    expect((await match()).unmatched).toBeDefined()
  })
})

describe('a task that nobody fits', () => {
  it('gets a proposal, a registered agent, and leaves no agent behind', async () => {
    await registerSkill(licences, steps, { 'scripts/a.mjs': 'one' })
    const { taskId, config, agent } = await hire(false)
    expect(config).toMatchObject({
      name: 'package-licences-agent',
      runtime: 'script',
      skills: ['package-licences'],
      functions: ['bash'],
    })
    expect(agent.ref).toMatchObject({ version: 1, ephemeral: true })
    expect(agent.ref.name).toMatch(/^package-licences-agent-[0-9a-f]{6}$/)
    expect(agent.config).toEqual(config)
    expect(agent.skills).toMatchObject([{ name: 'package-licences', files: { 'scripts/a.mjs': 'one' } }])

    expect((await match()).proposed).toBeDefined()
    const dispose = { taskId, agentId: agent.ref.id }
    await registry.hiring.dispose({ ...dispose, taskId: newId() }, received(tenant))
    expect((await registry.agents.list({}, received(tenant))).agents).toHaveLength(1)
    await registry.hiring.dispose(dispose, received(tenant))
    expect(await registry.agents.list({}, received(tenant))).toEqual({ agents: [], omitted: 0 })
    const all = await registry.agents.list({ all: true }, received(tenant))
    expect(all.agents).toMatchObject([{ id: agent.ref.id, state: 'disposed' }])
  })

  it('records the decision with its reasons', async () => {
    await registerSkill(licences)
    const { taskId, proposed } = await match()
    const [decision] = await fixture.database.manager.findBy(MatchDecision, { taskId })
    expect(decision).toMatchObject({ outcome: 'proposed', source: 'lexical', tenant, goal: licenceTask })
    expect(decision?.match).toEqual(proposed!.match)
    expect(decision?.id).toBe(proposed!.match.matchId)
    expect(proposed!.match).toMatchObject({ requiredSkills: ['package-licences'], threshold: 0.5 })
    expect(proposed!.match.reasons.join(' ')).toMatch(/No agent holds a required skill/)
    expect(proposed!.digest).toBe(approvalDigest(contentOf(proposed!)))
  })

  it('gets its permanent agent found the next time, by every process, until it is retired', async () => {
    await registerSkill(licences)
    const other = fixture.controllers()
    await other.matching.explain({ goal: licenceTask }, received(tenant))
    const { agent } = await hire(true)
    expect(agent.ref).toMatchObject({ name: 'package-licences-agent', ephemeral: false })
    registry = other
    const { matched } = await match()
    expect(matched).toMatchObject({ agent: { ref: agent.ref }, match: { agent: agent.ref } })
    expect(matched!.match.matchScore).toBeGreaterThanOrEqual(0.5)
    await registry.agents.retire({ agent: agent.ref.name }, received(tenant))
    expect(fixture.take(AgentRetired)).toMatchObject([{ agent: { state: 'retired' } }])
    expect((await match()).proposed).toBeDefined()
  })

  it('hires one agent when two tasks propose the same for good', async () => {
    await registerSkill(licences)
    const [first, second] = [await match(), await match()]
    for (const { taskId, proposed } of [first, second]) {
      const { proposalId, digest } = proposed!
      await registry.hiring.register({ taskId, proposalId, digest, permanent: true }, received(tenant))
    }
    const ids = fixture.take(AgentRegistered).map(({ agent }) => agent.ref.id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })

  it('runs the skill versions that were proposed, not newer ones', async () => {
    await registerSkill(licences, steps, { 'scripts/a.mjs': 'approved' })
    const { taskId, proposed } = await match()
    await registerSkill(licences, steps, { 'scripts/a.mjs': 'newer' })
    const { proposalId, digest } = proposed!
    await registry.hiring.register({ taskId, proposalId, digest, permanent: false }, received(tenant))
    const [registered] = fixture.take(AgentRegistered)
    expect(registered!.agent.skills[0]!.files).toEqual({ 'scripts/a.mjs': 'approved' })
  })

  it('is told when no skill fits, or a right is missing', async () => {
    await registerSkill(licences)
    const strange = await match('Translate the poem into Portuguese')
    expect(strange.unmatched!.match).toMatchObject({ requiredSkills: [] })
    expect(strange.unmatched!.match.missingSkills).toHaveLength(1)
    const poor = await match(licenceTask, ['fs.read'])
    expect(poor.unmatched!.match.reasons.at(-1)).toBe(
      'The requester may not let an agent call bash, which package-licences needs.',
    )
  })
})

describe('an approved proposal', () => {
  it('is refused under another digest, task or tenant, when it was changed, and a second time', async () => {
    await registerSkill(licences)
    const { taskId, proposed } = await match()
    const good = { taskId, proposalId: proposed!.proposalId, digest: proposed!.digest, permanent: false }
    const codeFor = async (request: typeof good, message = received(tenant)) => {
      await registry.hiring.register(request, message)
      return fixture.take(AgentRefused)[0]?.code
    }
    expect(await codeFor({ ...good, digest: '0'.repeat(64) })).toBe('digest-mismatch')
    expect(await codeFor({ ...good, taskId: newId() })).toBe('proposal-not-found')
    expect(await codeFor(good, received('other'))).toBe('proposal-not-found')

    const { manager } = fixture.database
    const where = { id: good.proposalId }
    const { content } = await manager.findOneByOrFail(Proposal, where)
    const { subject } = content!
    const changed = { ...content!, subject: { ...subject, config: { ...subject.config, prompt: 'other' } } }
    await manager.update(Proposal, where, { content: changed as object })
    expect(await codeFor(good)).toBe('proposal-changed')
    await manager.update(Proposal, where, { content: content as object })
    const message = received(tenant)
    expect(await codeFor(good, message)).toBeUndefined()
    await registry.hiring.register(good, message)
    expect(fixture.take(AgentRegistered)).toHaveLength(1)
    expect(await codeFor(good)).toBe('proposal-used')
  })
})

describe('an agent made by hand', () => {
  const request = { name: 'clerk', description: 'Reports licences.', skills: ['package-licences'] }
  const create = async (more: object = {}) => {
    await registry.agents.create({ ...request, ...more }, received(tenant))
    return fixture.take(AgentCreated)[0]!.agent
  }

  it('gets the rights of its skills, and a new version for another configuration only', async () => {
    await registerSkill(licences)
    const first = await create()
    expect(first).toMatchObject({
      version: 1,
      state: 'active',
      config: { functions: ['bash'], runtime: 'script' },
    })
    expect(await create()).toEqual(first)
    expect(await create({ description: 'Other.' })).toMatchObject({ id: first.id, version: 2 })
    expect((await registry.agents.get({ agent: first.id }, received(tenant))).agent.version).toBe(2)
    const configuration = { tiers: { bash: 'ask' }, longConversations: 'leave-out' }
    expect(await create({ description: 'Other.', configuration })).toMatchObject({
      version: 3,
      config: { configuration },
    })
    expect(await create({ description: 'Other.' })).toMatchObject({
      version: 4,
      config: { configuration: {} },
    })
    expect((await match()).matched!.agent.ref).toMatchObject({ name: 'clerk', version: 4 })
    expect((await match(licenceTask, ['fs.read'])).matched).toBeUndefined()
  })

  it('stops fitting when its skill needs more than it may do', async () => {
    await registerSkill(licences)
    await create()
    await registerSkill(
      markdown('package-licences', 'Reports the licences of installed npm packages.', 'bash fs.write'),
    )
    expect((await match()).proposed?.config).toMatchObject({ functions: ['bash', 'fs.write'] })
  })

  it('is refused with unknown skills or with rights that do not fit', async () => {
    await expect(create()).rejects.toMatchObject({
      code: 'skill-not-found',
      message: expect.stringContaining('guildhall skills list') as string,
    })
    await registerSkill(licences)
    await expect(create({ functions: [] })).rejects.toMatchObject({ code: 'function-missing' })
    await expect(create({ functions: ['bash', 'fs.read'] })).rejects.toMatchObject({
      code: 'function-not-needed',
    })
    await expect(create({ configuration: { tiers: { bash: 'maybe' } } })).rejects.toMatchObject({
      code: 'invalid-configuration',
      message: expect.stringContaining('"bash"') as string,
    })
  })

  it('is explained as a candidate', async () => {
    await registerSkill(licences)
    await create()
    const explained = await registry.matching.explain({ goal: licenceTask }, received(tenant))
    expect(explained).toMatchObject({
      outcome: 'agent',
      match: { agent: { name: 'clerk' } },
      facets: [{ covered: true, skills: [{ name: 'package-licences' }] }],
      candidates: [{ name: 'clerk', coverage: 1 }],
    })
  })
})
