import {
  AgentCreated,
  AgentDestroyed,
  AgentKeepRequested,
  AgentProposed,
  AgentRegistered,
  AgentRetired,
  AgentRolledBack,
  allRights,
  type ApprovalAnswered,
  ApprovalAsk,
  approvalDigest,
  ApprovalUsed,
  type Rights,
  newId,
  noRights,
  SkillRegistered,
  SkillsMatched,
  SkillsUnmatched,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { received, RegistryFixture } from '../registry.fixture.js'

const licences =
  '---\nname: package-licences\ndescription: Reports the licences of installed npm packages.\nallowed-tools: bash\n---\nHow.\n'
const sidecar = 'steps: [{ id: run, call: bash, arguments: { command: ls } }]'
const goal = 'Report the licences of the installed npm packages'

let fixture: RegistryFixture
let registry: ReturnType<RegistryFixture['controllers']>
let tenant: string

beforeAll(async () => {
  fixture = await RegistryFixture.start()
})
afterAll(() => fixture?.stop())
beforeEach(async () => {
  registry = fixture.controllers()
  tenant = `t-${newId()}`
  await registry.skills.register({ markdown: licences, sidecar }, received(tenant))
  fixture.take(SkillRegistered)
})

const clerk = { name: 'clerk', description: 'Reports licences.', skills: ['package-licences'] }

async function create(more: object = {}, rights?: Rights) {
  await registry.agents.create({ ...clerk, ...more }, received(tenant, rights))
  return fixture.take(AgentCreated)[0]!.agent
}

async function match(rights: Rights = allRights) {
  const taskId = newId()
  await registry.matching.match({ taskId, goal, rights }, received(tenant))
  const [matched, proposed, unmatched] = [
    fixture.take(SkillsMatched)[0],
    fixture.take(AgentProposed)[0],
    fixture.take(SkillsUnmatched)[0],
  ]
  return { taskId, matched, proposed, unmatched }
}

async function hire(permanent: boolean) {
  const { taskId, proposed } = await match()
  const { proposalId, digest } = proposed!
  await registry.hiring.register({ taskId, proposalId, digest, permanent }, received(tenant))
  return { taskId, agent: fixture.take(AgentRegistered)[0]!.agent }
}

async function askToKeep(agent: string) {
  await registry.keeping.keep({ agent }, received(tenant))
  const [asked] = fixture.take(ApprovalAsk)
  expect(fixture.take(AgentKeepRequested)).toMatchObject([{ askId: asked!.askId }])
  return asked!
}

function answerTo({ taskId, askId, kind, subject }: ApprovalAsk): ApprovalAnswered {
  return {
    taskId,
    askId,
    approvalId: newId(),
    kind,
    state: 'approved',
    answer: 'permanent',
    digest: approvalDigest({ kind, subject }),
    permanent: true,
  }
}

const states = async () => {
  const { agents } = await registry.agents.list({ all: true }, received(tenant))
  return agents.map(({ name, state }) => `${name} ${state}`)
}

describe('an agent made by hand', () => {
  it('gets no more than who makes it holds, and the refusal names what is too much', async () => {
    const held: Rights = { ...noRights, functions: ['bash'], hosts: ['*.example.com:443'] }
    await expect(create({}, { ...held, functions: ['fs.*'] })).rejects.toMatchObject({
      code: 'right-missing',
      message: expect.stringContaining('function bash') as string,
    })
    const grants = {
      mounts: [{ source: '/data', mode: 'ro' as const }],
      hosts: ['api.example.com:443', 'evil.org:443'],
    }
    await expect(create({ grants }, held)).rejects.toMatchObject({
      code: 'right-missing',
      message: expect.stringMatching(/mount \/data:ro, host evil\.org:443$/) as string,
    })
    await expect(create({ grants: { hosts: ['api.example.com'] } })).rejects.toMatchObject({
      code: 'right-missing',
    })
    expect(await states()).toEqual([])
    const agent = await create({ grants: { hosts: ['API.example.com:443'], budget: { tokens: 10 } } }, held)
    expect(agent.config.grants).toEqual({ hosts: ['api.example.com:443'], budget: { tokens: 10 } })
  })

  it('is neither matched nor proposed for a task that holds less than it needs', async () => {
    await create()
    expect((await match()).matched).toBeDefined()
    const { matched, proposed, unmatched } = await match({ ...allRights, functions: ['fs.*'] })
    expect([matched, proposed]).toEqual([undefined, undefined])
    expect(unmatched!.match.reasons.length).toBeGreaterThan(0)
  })

  it('keeps every version, shows each, and goes back to one by making it anew', async () => {
    const first = await create()
    await create({ description: 'Other.' })
    const message = received(tenant)
    await registry.agentVersions.rollBack({ agent: 'clerk', version: 1 }, message)
    await registry.agentVersions.rollBack({ agent: 'clerk', version: 1 }, message)
    const [rolledBack, ...others] = fixture.take(AgentRolledBack)
    expect(others).toEqual([])
    expect(rolledBack!.agent).toMatchObject({ id: first.id, version: 3, config: first.config })
    const { versions, omitted } = await registry.agentVersions.list({ agent: 'clerk' }, received(tenant))
    expect(versions.map(({ version, current }) => [version, current])).toEqual([
      [3, true],
      [2, false],
      [1, false],
    ])
    expect(versions[0]!.digest).toBe(versions[2]!.digest)
    expect(omitted).toBe(0)
    const { agent } = await registry.agents.get({ agent: 'clerk', version: 2 }, received(tenant))
    expect(agent).toMatchObject({ version: 2, config: { description: 'Other.' } })
    expect((await match()).matched!.agent.ref).toMatchObject({ version: 3 })
    for (const version of [0, 4]) {
      await expect(registry.agents.get({ agent: 'clerk', version }, received(tenant))).rejects.toMatchObject({
        code: 'agent-version-not-found',
      })
    }
  })

  it('goes back to no version that holds more than who asks for it', async () => {
    await create({ grants: { hosts: ['evil.org:443'] } })
    await create({ grants: { hosts: [] } })
    const poor = received(tenant, { ...allRights, hosts: [] })
    await expect(registry.agentVersions.rollBack({ agent: 'clerk', version: 1 }, poor)).rejects.toMatchObject(
      {
        code: 'right-missing',
      },
    )
  })

  it('gets no more tasks once it is retired or destroyed, and comes back from neither', async () => {
    const { id } = await create()
    await registry.agents.retire({ agent: 'clerk' }, received(tenant))
    expect(fixture.take(AgentRetired)).toMatchObject([{ agent: { state: 'retired' } }])
    expect((await match()).matched).toBeUndefined()
    await registry.agentVersions.destroy({ agent: 'clerk' }, received(tenant))
    await registry.agentVersions.destroy({ agent: id }, received(tenant))
    expect(fixture.take(AgentDestroyed)).toMatchObject([
      { agent: { id, state: 'destroyed' }, stateSpace: `agent:${id}` },
      { agent: { id, state: 'destroyed' } },
    ])
    for (const change of [
      () => registry.agents.retire({ agent: id }, received(tenant)),
      () => registry.agentVersions.rollBack({ agent: id, version: 1 }, received(tenant)),
    ]) {
      await expect(change()).rejects.toMatchObject({ code: 'agent-ended' })
    }
    // Its name is free: another agent may have it.
    expect((await create()).id).not.toBe(id)
  })
})

describe('an ephemeral agent', () => {
  it('is gone after its task, and a permanent one is matched the next time', async () => {
    const { taskId, agent } = await hire(false)
    await registry.hiring.dispose({ taskId, agentId: agent.ref.id }, received(tenant))
    expect(await registry.agents.list({}, received(tenant))).toMatchObject({ agents: [] })
    expect((await match()).matched).toBeUndefined()
    const permanent = await hire(true)
    expect((await match()).matched!.agent.ref).toEqual(permanent.agent.ref)
  })

  it('goes when its time is up although nobody says that its task is over, by one of several processes', async () => {
    registry = fixture.controllers({ ephemeralTtlMs: 1_000 })
    const other = fixture.controllers({ ephemeralTtlMs: 1_000 })
    const { agent } = await hire(false)
    const kept = await create()
    const [before] = (await registry.agents.list({}, received(tenant))).agents.filter((one) => one.ephemeral)
    expect(Date.parse(before!.expiresAt!) - Date.parse(before!.createdAt)).toBe(1_000)
    const sweepers = [registry.expiry, other.expiry]
    for (const sweeper of sweepers) sweeper.onApplicationBootstrap()
    try {
      await vi.waitFor(
        async () => {
          expect(await states()).toEqual([`${kept.name} active`, `${agent.ref.name} disposed`])
        },
        { timeout: 10_000, interval: 50 },
      )
    } finally {
      for (const sweeper of sweepers) await sweeper.beforeApplicationShutdown()
    }
    expect((await match()).matched!.agent.ref.name).toBe('clerk')
  })

  it('is asked about once, and stays when a person agrees, although its task is over by then', async () => {
    const { taskId, agent } = await hire(false)
    const asks = await askToKeep(agent.ref.name)
    expect(asks).toMatchObject({
      taskId,
      kind: 'keep-agent',
      subject: { agent: { id: agent.ref.id, version: 1 }, config: agent.config, becomes: 'permanent' },
    })
    expect(await askToKeep(agent.ref.id)).toEqual(asks)
    await registry.hiring.dispose({ taskId, agentId: agent.ref.id }, received(tenant))
    const message = received(tenant)
    await registry.keeping.answered(answerTo(asks), message)
    await registry.keeping.answered(answerTo(asks), message)
    await registry.keeping.answered(answerTo(asks), received(tenant))
    expect(fixture.take(ApprovalUsed)).toHaveLength(1)
    expect((await match()).matched!.agent.ref).toEqual({ ...agent.ref, ephemeral: false })
    // No later word about its task, and no time, ends it.
    await registry.hiring.dispose({ taskId, agentId: agent.ref.id }, received(tenant))
    const [listed] = (await registry.agents.list({}, received(tenant))).agents
    expect(listed).toMatchObject({ id: agent.ref.id, state: 'active' })
    expect(listed).not.toHaveProperty('expiresAt')
    await expect(askToKeep(agent.ref.name)).rejects.toMatchObject({ code: 'agent-permanent' })
  })

  it.each([
    ['refused', { state: 'refused' }],
    ['expired', { state: 'expired' }],
    ['approved as something else', { digest: '0'.repeat(64) }],
    ['approved for another kind of question', { kind: 'function-call' }],
    ['of another question', { askId: newId() }],
  ] as const)('goes as it would have gone when the answer is %s', async (_, over) => {
    const { taskId, agent } = await hire(false)
    const ask = await askToKeep(agent.ref.name)
    await registry.keeping.answered({ ...answerTo(ask), ...over }, received(tenant))
    await registry.hiring.dispose({ taskId, agentId: agent.ref.id }, received(tenant))
    expect(await states()).toEqual([`${agent.ref.name} disposed`])
    expect(fixture.take(ApprovalUsed)).toEqual([])
  })

  it('is not kept once it was destroyed, nor by somebody who holds less than it', async () => {
    const { taskId, agent } = await hire(false)
    const poor = received(tenant, { ...allRights, functions: ['fs.*'] })
    await expect(registry.keeping.keep({ agent: agent.ref.name }, poor)).rejects.toMatchObject({
      code: 'right-missing',
    })
    const ask = await askToKeep(agent.ref.name)
    await registry.hiring.dispose({ taskId, agentId: agent.ref.id }, received(tenant))
    await registry.agentVersions.destroy({ agent: agent.ref.name }, received(tenant))
    await registry.keeping.answered(answerTo(ask), received(tenant))
    expect(await states()).toEqual([`${agent.ref.name} destroyed`])
    await expect(askToKeep(agent.ref.name)).rejects.toMatchObject({ code: 'agent-ended' })
  })

  it('is not to be destroyed under its task', async () => {
    const { agent } = await hire(false)
    await expect(
      registry.agentVersions.destroy({ agent: agent.ref.name }, received(tenant)),
    ).rejects.toMatchObject({ code: 'agent-ephemeral' })
  })
})
