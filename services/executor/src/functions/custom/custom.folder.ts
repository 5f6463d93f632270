import { decodeSkillFile, type SkillFile } from '@guildhall/contracts'
import { type CustomManifest, InvalidManifestError, readManifest } from './custom.manifest.js'

/**
 * The manifest of a function's folder. What it calls by a path must be a file of the folder that can be executed: it
 * would fail at the first call otherwise.
 * @throws InvalidManifestError
 */
export function readCustomFolder(files: Readonly<Record<string, SkillFile>>): CustomManifest {
  const file = Object.hasOwn(files, 'function.json') ? files['function.json'] : undefined
  if (file === undefined) throw new InvalidManifestError('there is no file function.json')
  const { bytes, isText } = decodeSkillFile(file)
  if (!isText) throw new InvalidManifestError('function.json is not UTF-8 text')
  const manifest = readManifest(bytes.toString('utf8'))
  const [program = ''] = manifest.program
  if (!program.includes('/') || program.startsWith('/')) return manifest
  const path = program.replace(/^(?:\.\/)+/, '')
  const called = Object.hasOwn(files, path) ? files[path] : undefined
  if (called === undefined) throw new InvalidManifestError(`program: the folder has no file ${path}`)
  if (!decodeSkillFile(called).executable)
    throw new InvalidManifestError(
      `program: ${path} cannot be executed: chmod +x, or name its interpreter first`,
    )
  return manifest
}
