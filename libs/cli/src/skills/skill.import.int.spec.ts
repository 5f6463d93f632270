import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { RequestRefusedError } from '@guildhall/client'
import type { SkillRegister, SkillRegistered, SkillView } from '@guildhall/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CommandSession } from '../command.session.js'
import { plain } from '../terminal/paint.js'
import { countResults, renderImport } from './import.rendering.js'
import { importSkills } from './skill.import.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guildhall-import-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(path: string): Promise<void> {
  await mkdir(join(folder, path), { recursive: true })
  await writeFile(join(folder, path, 'SKILL.md'), path)
}

/** A registry that answers by what a skill's SKILL.md says. */
function registry(answer: (request: SkillRegister) => Partial<SkillRegistered>): CommandSession {
  const ask = async (_payload: unknown, request: SkillRegister): Promise<SkillRegistered> => {
    await new Promise((resolve) => setImmediate(resolve))
    const skill = { name: request.folder, version: 1, requiredCapabilities: [] } as unknown as SkillView
    return { skill, created: true, revived: false, notes: [], ...answer(request) }
  }
  return { ask } as unknown as CommandSession
}

describe('an import', () => {
  it('tells what became of each folder, in the order of their paths, whatever one of them does', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'x/a']) await put(name)
    await writeFile(join(folder, 'd', 'x.bin'), Buffer.alloc(300_000))
    const seen: string[] = []
    const session = registry(({ folder: name = '' }) => {
      if (name === 'b')
        throw new RequestRefusedError('invalid-skill', 'SKILL.md: no', false, 'skill.register')
      return { created: name !== 'c', notes: [{ code: 'tools-absent', message: 'no tools' }] }
    })
    const imported = await importSkills(session, [folder], (done, total) => seen.push(`${done}/${total}`))
    expect(imported.map(({ result }) => result)).toEqual([
      'added',
      'refused',
      'unchanged',
      'refused',
      'refused',
    ])
    expect(imported.map(({ refused }) => refused?.code)).toEqual([
      undefined,
      'invalid-skill',
      undefined,
      'too-large',
      'unusable-folder',
    ])
    expect(imported[4]?.refused?.message).toBe(
      `there is another a in ${join(folder, 'a')}: import one of them`,
    )
    expect(seen).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5'])
    expect(countResults(imported)).toEqual({ added: 1, changed: 0, unchanged: 1, refused: 3 })
    const text = renderImport(imported, plain)
    expect(text).toMatch(/1 added, 1 unchanged, 3 refused$/)
    expect(text).toContain('SKILL.md: no')
    expect(text).toContain('! tools-absent: 2 skills\n  a: no tools\n  c: no tools')
  })

  it('has six requests under way at most, and asks again where that may help', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `skill-${index}`)
    for (const name of names) await put(name)
    let underWay = 0
    let most = 0
    const tries = new Map<string, number>()
    const { ask } = registry(({ folder: name = '' }) => {
      tries.set(name, (tries.get(name) ?? 0) + 1)
      if (name === 'skill-3' && tries.get(name) === 1)
        throw new RequestRefusedError('rate-limited', 'wait', true, 'skill.register')
      return {}
    })
    const counting = async (...given: Parameters<typeof ask>) => {
      most = Math.max(most, ++underWay)
      // Longer than a folder takes to read, so that the next ones come meanwhile.
      await pause(50)
      return ask(...given).finally(() => underWay--)
    }
    const imported = await importSkills({ ask: counting } as unknown as CommandSession, [folder])
    expect(most).toBe(6)
    expect(countResults(imported)).toMatchObject({ added: 30 })
    expect(tries.get('skill-3')).toBe(2)
  })

  it('ends when nobody answers', async () => {
    for (const name of ['a', 'b']) await put(name)
    const silent = registry(() => {
      throw new Error('no answer')
    })
    await expect(importSkills(silent, [folder])).rejects.toThrow('no answer')
  })
})
