import {
  AgentCreated,
  AgentProposed,
  allRights,
  newId,
  type SkillFile,
  SkillPinned,
  SkillRegistered,
  SkillRetired,
  SkillRolledBack,
  SkillsMatched,
  SkillUnpinned,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { received, RegistryFixture } from '../registry.fixture.js'

const name = 'package-licences'
const markdown = (body: string, description = 'Reports the licences of installed npm packages.') =>
  `---\nname: ${name}\ndescription: ${description}\nallowed-tools: Bash\n---\n${body}\n`
const sidecar = 'steps: [{ id: run, call: bash, arguments: { command: ls } }]'
const goal = 'Report the licences of the installed npm packages'

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

async function register(body: string, files: Record<string, SkillFile> = {}) {
  await registry.skills.register({ markdown: markdown(body), sidecar, files }, received(tenant))
  return fixture.take(SkillRegistered)[0]!
}
async function registerThree() {
  for (const body of ['one', 'two', 'three']) await register(body)
}
const got = async (version?: number) =>
  (await registry.skills.get({ name, ...(version && { version }) }, received(tenant))).skill
const listed = async (all = false) => (await registry.skills.list({ all }, received(tenant))).skills
const pin = async (version: number) => {
  await registry.versions.pin({ name, version }, received(tenant))
  return fixture.take(SkillPinned)[0]!.skill
}
const rollBack = async (version: number) => {
  await registry.versions.rollBack({ name, version }, received(tenant))
  return fixture.take(SkillRolledBack)[0]!
}
const retire = async () => {
  await registry.versions.retire({ name }, received(tenant))
  return fixture.take(SkillRetired)[0]!.skill
}
/** What a run of the best agent would get of the skill. */
async function matched() {
  await registry.matching.match({ taskId: newId(), goal, rights: allRights }, received(tenant))
  return fixture.take(SkillsMatched)[0]?.agent.skills[0]
}
async function hireClerk() {
  await registry.agents.create({ name: 'clerk', description: 'Licences.', skills: [name] }, received(tenant))
  return fixture.take(AgentCreated)[0]
}

describe('the versions of a skill', () => {
  it('are all kept, listed newest first, and shown by number', async () => {
    await registerThree()
    const { skill, versions, omitted } = await registry.versions.list({ name }, received(tenant))
    expect(skill).toMatchObject({ version: 3, newestVersion: 3 })
    expect(versions.map(({ version }) => version)).toEqual([3, 2, 1])
    expect(new Set(versions.map(({ digest }) => digest)).size).toBe(3)
    expect(omitted).toBe(0)
    const older = await registry.versions.list({ name, before: 3 }, received(tenant))
    expect(older.versions.map(({ version }) => version)).toEqual([2, 1])
    expect(await got(1)).toMatchObject({ version: 1, newestVersion: 3, promptTemplate: 'one' })
    await expect(got(4)).rejects.toMatchObject({
      code: 'skill-not-found',
      message: /no version 4 .*versions/,
    })
    const unknown = registry.versions.list({ name: 'unknown' }, received(tenant))
    await expect(unknown).rejects.toMatchObject({ code: 'skill-not-found' })
  })

  it('come out as they were registered, to the byte', async () => {
    const text = `\uFEFF${markdown('Grüße 😀')}`.replaceAll('\n', '\r\n')
    const files: Record<string, SkillFile> = {
      'LICENSE.txt': 'MIT',
      'a "b"/ü.sh': { content: '#!/bin/sh\n', encoding: 'utf8', executable: true },
      'assets/x.bin': {
        content: Buffer.from([0, 255, 1]).toString('base64'),
        encoding: 'base64',
        executable: false,
      },
    }
    await registry.skills.register({ markdown: text, sidecar: '', files, folder: name }, received(tenant))
    const exported = await registry.skills.export({ name }, received(tenant))
    expect(exported).toMatchObject({ name, version: 1, markdown: text, sidecar: '', files })
    await register('two')
    const first = await registry.skills.export({ name, version: 1 }, received(tenant))
    expect(first).toEqual(exported)
    expect((await registry.skills.export({ name }, received(tenant))).files).toEqual({})
  })
})

describe('a pinned skill', () => {
  it('is handed out in that version to matches, agents and lists, whatever is registered, until it is unpinned', async () => {
    await registerThree()
    await hireClerk()
    expect(await pin(1)).toMatchObject({ version: 1, newestVersion: 3, pinnedVersion: 1 })
    expect(await matched()).toMatchObject({ version: 1, promptTemplate: 'one' })
    const fourth = await register('four')
    expect(fourth).toMatchObject({ created: true, skill: { version: 4, newestVersion: 4, pinnedVersion: 1 } })
    expect(await matched()).toMatchObject({ version: 1 })
    expect(await listed()).toMatchObject([{ version: 1, newestVersion: 4, pinnedVersion: 1 }])
    expect(await got()).toMatchObject({ version: 1, promptTemplate: 'one' })
    expect(await pin(2)).toMatchObject({ version: 2 })
    expect(await matched()).toMatchObject({ version: 2 })
    await registry.versions.unpin({ name }, received(tenant))
    expect(fixture.take(SkillUnpinned)[0]!.skill).toMatchObject({ version: 4 })
    expect(await matched()).toMatchObject({ version: 4 })
    expect((await got()).pinnedVersion).toBeUndefined()
  })

  it('is pinned to a version that exists only, by its own tenant only', async () => {
    await registerThree()
    await expect(pin(4)).rejects.toMatchObject({ code: 'skill-not-found' })
    const strange = registry.versions.pin({ name, version: 1 }, received(`t-${newId()}`))
    await expect(strange).rejects.toMatchObject({ code: 'skill-not-found' })
    expect(await got()).toMatchObject({ version: 3 })
  })
})

describe('a skill that is rolled back', () => {
  it('says again what an older version said, under a new number, once', async () => {
    await registerThree()
    expect(await rollBack(1)).toMatchObject({ created: true, skill: { version: 4, newestVersion: 4 } })
    expect(await got()).toMatchObject({ version: 4, restoredFrom: 1, promptTemplate: 'one' })
    expect((await got(4)).digest).toBe((await got(1)).digest)
    expect(await rollBack(1)).toMatchObject({ created: false, skill: { version: 4 } })
    await hireClerk()
    expect(await matched()).toMatchObject({ version: 4, promptTemplate: 'one' })
  })

  it('is not rolled back while another version is pinned', async () => {
    await registerThree()
    await pin(2)
    await expect(rollBack(1)).rejects.toMatchObject({ code: 'skill-pinned' })
    expect((await registry.versions.list({ name }, received(tenant))).versions).toHaveLength(3)
  })
})

describe('a retired skill', () => {
  it('is matched no more and given to no agent, and its versions stay', async () => {
    await registerThree()
    await hireClerk()
    const held = await matched()
    await pin(1)
    expect((await retire()).retiredAt).toMatch(/^\d{4}-/)
    expect(await matched()).toBeUndefined()
    expect(fixture.take(AgentProposed)).toEqual([])
    await expect(hireClerk()).rejects.toMatchObject({ code: 'skill-not-found' })
    expect(await listed()).toEqual([])
    expect(await listed(true)).toMatchObject([{ name, version: 3 }])
    expect(await got()).toMatchObject({ version: 3, promptTemplate: 'three' })
    expect((await registry.skills.export({ name, version: held!.version }, received(tenant))).version).toBe(3)
    for (const change of [() => pin(1), () => rollBack(1), retire])
      await expect(change()).rejects.toMatchObject({ code: 'skill-retired' })
  })

  it('is back, without its pin, when it is registered again, changed or not', async () => {
    await registerThree()
    await hireClerk()
    await pin(1)
    await retire()
    expect(await register('three')).toMatchObject({ created: false, revived: true, skill: { version: 3 } })
    expect(await matched()).toMatchObject({ version: 3 })
    await retire()
    expect(await register('four')).toMatchObject({ created: true, revived: true, skill: { version: 4 } })
    expect(await register('four')).toMatchObject({ created: false, revived: false })
  })
})

describe('many skills', () => {
  it('are listed page by page', async () => {
    const description = 'x'.repeat(1_000)
    const names = Array.from({ length: 300 }, (_, index) => `skill-${String(index).padStart(3, '0')}`)
    for (const one of names) {
      const text = `---\nname: ${one}\ndescription: ${description}\n---\n`
      await registry.skills.register({ markdown: text }, received(tenant))
    }
    const first = await registry.skills.list({}, received(tenant))
    expect(first.omitted).toBe(300 - first.skills.length)
    expect(first.omitted).toBeGreaterThan(100)
    const after = first.skills.at(-1)!.name
    const second = await registry.skills.list({ after }, received(tenant))
    expect([...first.skills, ...second.skills].map((skill) => skill.name)).toEqual(names)
    expect(second.omitted).toBe(0)
  })
})
