import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { SkillExported } from '@guildhall/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeSkillFolder } from './skill.export.js'
import { readSkillFolder } from './skill.folder.js'
import { findSkillFolders } from './skill.search.js'

const shipped = join(import.meta.dirname, '../../../../skills')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guildhall-skills-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(path: string, content: string | Uint8Array = 'x', mode = 0o644): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), content)
  await chmod(join(folder, path), mode)
}

/** Every file below a folder: its bytes and whether it can be executed. */
async function contentOf(root: string): Promise<Record<string, string>> {
  const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  )
  const read = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    const bit = ((await stat(path)).mode & 0o100) === 0 ? '-' : 'x'
    return [path.slice(root.length + 1), `${bit} ${(await readFile(path)).toString('hex')}`] as const
  })
  return Object.fromEntries((await Promise.all(read)).toSorted())
}

async function exported(root: string): Promise<string> {
  const { skill } = await readSkillFolder(root)
  const {
    markdown,
    sidecar,
    files = {},
    folder: name = '',
  } = JSON.parse(JSON.stringify(skill)) as typeof skill
  const answer: SkillExported = {
    name,
    version: 1,
    digest: '',
    markdown,
    files,
    ...(sidecar !== undefined && { sidecar }),
  }
  return writeSkillFolder(answer, join(folder, 'exported'))
}

describe('a skill’s folder', () => {
  it('comes out as it went in: those of the checkout', async () => {
    const places = await findSkillFolders([shipped])
    expect(places.length).toBeGreaterThanOrEqual(7)
    for (const { folder: one } of places)
      expect(await contentOf(await exported(one))).toEqual(await contentOf(one))
  })

  it('comes out as it went in: odd bytes, odd names, executable files', async () => {
    const odd = [
      'scripts/a b.sh',
      '-rf',
      'assets/Grüße 日本 😀/ü',
      'a"\'$(x)`.md',
      'deep/er/and/deeper/x',
      '.hidden',
      '__proto__x',
    ]
    for (const path of odd) await put(`odd/${path}`, `text of ${path}\r\n`)
    await put('odd/SKILL.md', '\uFEFF---\r\nname: odd\r\ndescription: x\r\n---\r\n\r\n# Odd  \r\n\n')
    await put('odd/scripts/run', '#!/bin/sh\n', 0o755)
    await put('odd/scripts/tool.bin', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff]), 0o755)
    await put('odd/assets/all.bin', Buffer.from(Array.from({ length: 256 }, (_, index) => index)))
    await put('odd/empty', '')
    await put('odd/sub/SKILL.md', 'a file like others')
    expect(await contentOf(await exported(join(folder, 'odd')))).toEqual(await contentOf(join(folder, 'odd')))
  })

  it('is read with links to its own files, and without what tools leave behind', async () => {
    await put('one/SKILL.md')
    await put('one/guildhall.yaml', 'tags: []')
    await put('one/references/a.md', 'a')
    await symlink('references/a.md', join(folder, 'one', 'b.md'))
    await put('one/.git/config')
    await put('one/scripts/__pycache__/x.pyc')
    await put('one/.env', 'TOKEN=1')
    expect(await readSkillFolder(join(folder, 'one'))).toEqual({
      skill: {
        markdown: 'x',
        sidecar: 'tags: []',
        files: { 'references/a.md': 'a', 'b.md': 'a' },
        folder: 'one',
      },
      leftOut: [
        { path: '.env', reason: 'may hold secrets' },
        { path: '.git', reason: 'no part of it' },
        { path: 'scripts/__pycache__', reason: 'no part of it' },
      ],
    })
  })

  it.each([
    ['a link that leads out', () => symlink('/etc/passwd', join(folder, 'one', 'x')), 'link-leads-out'],
    ['a link to its parent', () => symlink('..', join(folder, 'one', 'x')), 'link-leads-out'],
    ['a link that leads nowhere', () => symlink('nowhere', join(folder, 'one', 'x')), 'unreadable'],
    ['a link to a folder', () => symlink('sub', join(folder, 'one', 'x')), 'unreadable'],
    ['a pipe', () => Promise.resolve(void execFileSync('mkfifo', [join(folder, 'one', 'x')])), 'unreadable'],
    ['a SKILL.md that is no text', () => put('one/SKILL.md', Buffer.from([0xff])), 'no-text'],
    ['no SKILL.md', () => rm(join(folder, 'one/SKILL.md')), 'unreadable'],
    ['too many bytes', () => put('one/assets/font.ttf', Buffer.alloc(246_000)), 'too-large'],
    ['too many bytes as base64', () => put('one/assets/font.ttf', Buffer.alloc(190_000)), 'too-large'],
    [
      'too many files',
      () => Promise.all(Array.from({ length: 501 }, (_, i) => put(`one/a/${i}`))),
      'too-large',
    ],
  ])('is refused with %s', async (_, spoil, code) => {
    await put('one/SKILL.md')
    await put('one/sub/file')
    await spoil()
    await expect(readSkillFolder(join(folder, 'one'))).rejects.toMatchObject({
      name: 'FolderError',
      code,
    })
  })

  it('is refused with the names of its largest files', async () => {
    await put('one/SKILL.md')
    await put('one/assets/font.ttf', Buffer.alloc(400_000))
    await expect(readSkillFolder(join(folder, 'one'))).rejects.toThrow(/assets\/font\.ttf \(390\.6 KiB\)/)
  })

  it('is refused with a name that is not UTF-8', async () => {
    await put('one/SKILL.md')
    await writeFile(Buffer.concat([Buffer.from(`${folder}/one/`), Buffer.from([0x66, 0xff])]), 'x')
    await expect(readSkillFolder(join(folder, 'one'))).rejects.toThrow(/name is not UTF-8/)
  })
})

describe('an exported folder', () => {
  const skill = { name: 'one', version: 1, digest: '', markdown: 'x', files: {} }

  it('replaces nothing', async () => {
    await put('one/mine')
    await expect(writeSkillFolder(skill, folder)).rejects.toThrow(/exists: move it away/)
    expect(await contentOf(join(folder, 'one'))).toEqual({ mine: '- 78' })
  })

  it.each(['../two', '/tmp/x', 'a/../../b', 'a//b', 'a\0b'])(
    'is not made of a path such as %j, nor half of it',
    async (path) => {
      await expect(writeSkillFolder({ ...skill, files: { a: 'a', [path]: 'x' } }, folder)).rejects.toThrow(
        /no path below a folder/,
      )
      expect(await readdir(folder)).toEqual([])
    },
  )
})

describe('the search for skills', () => {
  const found = async (...paths: string[]) =>
    (await findSkillFolders(paths.map((path) => join(folder, path)))).map((place) => ({
      ...place,
      folder: place.folder.slice(folder.length + 1),
    }))

  it('finds them at any depth, once, by path, and looks into no skill and no leftovers', async () => {
    for (const path of ['b', 'a', 'a/inner', '.claude/skills/c', 'x/y/z/d', 'node_modules/e', '.git/f'])
      await put(`${path}/SKILL.md`)
    const all = ['.claude/skills/c', 'a', 'b', 'x/y/z/d'].map((one) => ({ folder: one }))
    expect(await found('')).toEqual(all)
    expect(await found('b', '.')).toEqual([{ folder: 'b' }, ...all.filter((one) => one.folder !== 'b')])
    expect(await found('a')).toEqual([{ folder: 'a' }])
  })

  it('names folders that should be skills and cannot be', async () => {
    await put('a/skill.md')
    await put('elsewhere/b/SKILL.md')
    await mkdir(join(folder, 'links'))
    await symlink('../elsewhere/b', join(folder, 'links', 'b'))
    expect(await found('a', 'links')).toEqual([
      { folder: 'a', problem: 'skill.md must be named SKILL.md' },
      { folder: 'links/b', problem: 'is a link: name the folder that it leads to' },
    ])
  })

  it('says when a folder holds none, is none, or is too deep', async () => {
    await put('1/2/3/4/5/6/7/SKILL.md')
    await expect(found('1')).resolves.toHaveLength(1)
    await expect(found('')).rejects.toThrow('SKILL.md')
    await expect(found('no')).rejects.toThrow('is no folder')
  })
})
