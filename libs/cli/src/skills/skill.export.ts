import { chmod, lstat, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { decodeSkillFile, type SkillExported } from '@guildhall/contracts'
import { FailedError, UsageError } from '../exit.codes.js'

/**
 * Writes a skill's folder below another one, as it was registered: SKILL.md, guildhall.yaml and all other files to the byte,
 * with their executable bits. It appears whole or not at all.
 * @returns the folder
 * @throws UsageError when it exists already; FailedError when a file would lie outside of it
 */
export async function writeSkillFolder(skill: SkillExported, below: string): Promise<string> {
  const folder = join(resolve(below), skill.name)
  if (await lstat(folder).catch(() => undefined))
    throw new UsageError(`"${folder}" exists: move it away, or choose another place with --to.`)
  await mkdir(dirname(folder), { recursive: true })
  const draft = await mkdtemp(join(dirname(folder), `.${skill.name}-`))
  try {
    await chmod(draft, 0o755)
    await writeFile(join(draft, 'SKILL.md'), skill.markdown, { flag: 'wx' })
    if (skill.sidecar !== undefined)
      await writeFile(join(draft, 'guildhall.yaml'), skill.sidecar, { flag: 'wx' })
    for (const [path, file] of Object.entries(skill.files)) {
      const { bytes, executable } = decodeSkillFile(file)
      const target = join(draft, plainPath(path))
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, bytes, { mode: executable ? 0o755 : 0o644, flag: 'wx' })
    }
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  return folder
}

function plainPath(path: string): string {
  const isPlain = !isAbsolute(path) && path.split('/').every((part) => !['', '.', '..'].includes(part))
  if (!isPlain || path.includes('\0'))
    throw new FailedError(
      'unsafe-path',
      `The registry named a file "${path}", which is no path below a folder.`,
    )
  return path
}
