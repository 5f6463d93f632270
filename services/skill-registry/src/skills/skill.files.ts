import { invalidSkill } from './skill.errors.js'
import { quoted } from './yaml.mapping.js'

const totalBytes = 150 * 1024
const mostFiles = 200
const pathPattern = /^(?:scripts|references|assets)(?:\/(?!\.{1,2}(?:\/|$))[\w. +@-]{1,100}){1,8}$/

/**
 * The files of a skill's folder, as they may be laid out below any folder: relative, no way out, text only.
 * @throws RequestError `invalid-skill` naming the file
 */
export function readFiles(files: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(files)
  if (entries.length > mostFiles) {
    throw invalidSkill('files', `there are ${entries.length}, ${mostFiles} are allowed`)
  }
  let bytes = 0
  for (const [path, text] of entries) {
    if (path.length > 250 || !pathPattern.test(path)) {
      throw invalidSkill(
        quoted(path),
        'a file must be below scripts/, references/ or assets/, by a relative path of plain names',
      )
    }
    if (typeof text !== 'string' || text.includes('\0') || !text.isWellFormed()) {
      throw invalidSkill(path, 'a file must be text')
    }
    bytes += Buffer.byteLength(text)
    const parent = entries.find(([other]) => path.startsWith(`${other}/`))
    if (parent) throw invalidSkill(path, `${parent[0]} cannot be a file and a folder`)
  }
  if (bytes > totalBytes) {
    throw invalidSkill('files', `all files together have ${bytes} bytes, ${totalBytes} are allowed`)
  }
  return Object.fromEntries(entries) as Record<string, string>
}
