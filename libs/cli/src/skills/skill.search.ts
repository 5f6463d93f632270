import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UsageError } from '../exit.codes.js'

const deepest = 6
const mostFolders = 10_000
const mostSkills = 2_000

/** What no skill is kept in and no skill consists of: what tools leave behind, and what may hold secrets. */
export const leftBehind: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '__pycache__',
  '.venv',
  '.DS_Store',
  'Thumbs.db',
  '.env',
]

/** A folder that is, or should be, a skill. */
export interface SkillPlace {
  folder: string
  /** Why it cannot be read as one. */
  problem?: string
}

/**
 * The skill folders that paths name: a path itself when it holds SKILL.md, else every folder below it that does, down to six
 * levels, in the order of their paths. What lies inside of a skill's folder belongs to that skill. Links are not followed.
 * @throws UsageError when a path holds none, or has more folders than 10,000 or more skills than 2,000 below it
 */
export async function findSkillFolders(paths: readonly string[]): Promise<SkillPlace[]> {
  const found = new Map<string, SkillPlace>()
  for (const path of paths) {
    const places = await search(path)
    if (places.length === 0) throw new UsageError(`Neither "${path}" nor a folder in it holds a SKILL.md.`)
    for (const place of places) found.set(place.folder, place)
  }
  return [...found.values()]
}

async function search(path: string): Promise<SkillPlace[]> {
  const places: SkillPlace[] = []
  let level = [resolve(path)]
  let folders = 0
  for (let depth = 0; depth <= deepest && level.length > 0; depth++) {
    const next: string[] = []
    for (const folder of level) {
      if (++folders > mostFolders)
        throw new UsageError(`"${path}" has more than ${mostFolders} folders: name those with skills.`)
      const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
        if (depth === 0) throw new UsageError(`"${path}" is no folder.`)
        return error as Error
      })
      if (entries instanceof Error) {
        places.push({ folder, problem: `cannot be read: ${entries.message}` })
        continue
      }
      const place = placeOf(folder, entries)
      if (place) places.push(place)
      else next.push(...entries.filter(isWorthALook).map((entry) => join(folder, entry.name)))
      if (!place) places.push(...(await linkedSkills(folder, entries)))
      if (places.length > mostSkills)
        throw new UsageError(`"${path}" has more than ${mostSkills} skills: import them in parts.`)
    }
    level = next
  }
  return places.toSorted((a, b) => (a.folder < b.folder ? -1 : 1))
}

function placeOf(folder: string, entries: readonly Dirent[]): SkillPlace | undefined {
  const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
  if (names.includes('SKILL.md')) return { folder }
  const misspelt = names.find((name) => name.toLowerCase() === 'skill.md')
  return misspelt === undefined ? undefined : { folder, problem: `${misspelt} must be named SKILL.md` }
}

function isWorthALook(entry: Dirent): boolean {
  return entry.isDirectory() && !leftBehind.includes(entry.name)
}

async function linkedSkills(folder: string, entries: readonly Dirent[]): Promise<SkillPlace[]> {
  const places: SkillPlace[] = []
  for (const entry of entries.filter((one) => one.isSymbolicLink())) {
    const linked = join(folder, entry.name)
    const isSkill = await stat(join(linked, 'SKILL.md')).catch(() => undefined)
    if (isSkill) places.push({ folder: linked, problem: 'is a link: name the folder that it leads to' })
  }
  return places
}
