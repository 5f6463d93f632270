import { basename } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { RequestRefusedError } from '@guildhall/client'
import { type SkillNote, SkillRegister, SkillRegistered, type SkillView } from '@guildhall/contracts'
import type { CommandSession } from '../command.session.js'
import { mapConcurrently } from './concurrent.work.js'
import { FolderError, type LeftOut } from '../folder.files.js'
import { readSkillFolder } from './skill.folder.js'
import { findSkillFolders, type SkillPlace } from './skill.search.js'

const atOnce = 6
const mostTries = 8
const longestPauseMs = 5_000

export const importResults = ['added', 'changed', 'unchanged', 'refused'] as const

/** What became of one skill folder. */
export interface ImportedSkill {
  folder: string
  result: (typeof importResults)[number]
  /** True when the skill had been retired. */
  revived: boolean
  /** Absent when it was refused. */
  skill?: SkillView
  /** What its owner should know about it. */
  notes: SkillNote[]
  refused?: { code: string; message: string }
  leftOut: LeftOut[]
}

/**
 * Registers the skills that folders hold, six at a time. A refused one does not stop the others. Idempotent.
 * @param onProgress hears after each skill how many are done
 * @returns one entry for each folder, in the order of their paths
 * @throws UsageError when a path holds none
 */
export async function importSkills(
  session: CommandSession,
  paths: readonly string[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<ImportedSkill[]> {
  const places = withoutDoubles(await findSkillFolders(paths))
  let done = 0
  return mapConcurrently(places, atOnce, async (place) => {
    const imported = await importSkill(session, place)
    onProgress(++done, places.length)
    return imported
  })
}

/** The first folder of a name is the one: which version would be the newest must not depend on who was faster. */
function withoutDoubles(places: readonly SkillPlace[]): SkillPlace[] {
  const first = new Map<string, string>()
  return places.map((place) => {
    if (place.problem !== undefined) return place
    const name = basename(place.folder)
    const other = first.get(name)
    if (other === undefined) {
      first.set(name, place.folder)
      return place
    }
    return { ...place, problem: `there is another ${name} in ${other}: import one of them` }
  })
}

async function importSkill(session: CommandSession, { folder, problem }: SkillPlace): Promise<ImportedSkill> {
  const outcome = { folder, revived: false, notes: [], leftOut: [] as LeftOut[] }
  const refuse = (code: string, message: string): ImportedSkill => ({
    ...outcome,
    result: 'refused',
    refused: { code, message },
  })
  if (problem !== undefined) return refuse('unusable-folder', problem)
  try {
    const { skill, leftOut } = await readSkillFolder(folder)
    outcome.leftOut = leftOut
    const registered = await register(session, skill)
    const { version } = registered.skill
    const result = !registered.created ? 'unchanged' : version === 1 ? 'added' : 'changed'
    return { ...outcome, ...registered, result }
  } catch (error) {
    if (error instanceof RequestRefusedError || error instanceof FolderError)
      return refuse(error.code, error.message)
    if (isFileError(error)) return refuse('unreadable', error.message)
    throw error
  }
}

/** Waits where the router asks for it: a few hundred skills may be more than a client may say at once. */
async function register(session: CommandSession, skill: SkillRegister): Promise<SkillRegistered> {
  for (let tries = 1; ; tries++) {
    try {
      return await session.ask(SkillRegister, skill, SkillRegistered)
    } catch (error) {
      const isWorthIt = error instanceof RequestRefusedError && error.retryable && tries < mostTries
      if (!isWorthIt) throw error
      await wait(Math.min(250 * 2 ** tries, longestPauseMs) * (0.5 + Math.random() / 2))
    }
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
