import { RequestRefusedError } from '@guildhall/client'
import { SkillRegister, SkillRegistered, type SkillView } from '@guildhall/contracts'
import type { CommandSession } from '../command.session.js'
import { UsageError } from '../exit.codes.js'
import { findSkillFolders, type LeftOut, readSkillFolder } from './skill.folder.js'

/** What became of one skill folder. */
export interface ImportedSkill {
  folder: string
  /** Absent when it was refused. */
  skill?: SkillView
  /** False when this very version was registered before. */
  created: boolean
  refused?: { code: string; message: string }
  leftOut: LeftOut[]
}

/**
 * Registers the skills that a folder holds. A refused one does not stop the others. Idempotent.
 * @throws UsageError when the folder holds none
 */
export async function importSkills(session: CommandSession, path: string): Promise<ImportedSkill[]> {
  const imported: ImportedSkill[] = []
  for (const folder of await findSkillFolders(path)) imported.push(await importSkill(session, folder))
  return imported
}

async function importSkill(session: CommandSession, folder: string): Promise<ImportedSkill> {
  const outcome: ImportedSkill = { folder, created: false, leftOut: [] }
  try {
    const { skill, leftOut } = await readSkillFolder(folder)
    outcome.leftOut = leftOut
    const registered = await session.ask(SkillRegister, skill, SkillRegistered)
    return { ...outcome, skill: registered.skill, created: registered.created }
  } catch (error) {
    if (error instanceof RequestRefusedError)
      return { ...outcome, refused: { code: error.code, message: error.message } }
    if (error instanceof UsageError)
      return { ...outcome, refused: { code: 'unreadable', message: error.message } }
    throw error
  }
}
