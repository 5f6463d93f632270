import { type EncodedSkillFile, type SkillFile } from '@guildhall/contracts'
import { invalidSkill } from './skill.errors.js'
import { isMapping, quoted } from './yaml.mapping.js'

const mostFiles = 500
const longestPath = 250
const deepestPath = 10
/** Files that a message has fields of its own for. */
const reserved = ['SKILL.md', 'guildhall.yaml', '__proto__']

/**
 * The files of a skill's folder, as they may be laid out below any folder: relative, no way out.
 * @throws RequestError `invalid-skill` naming the file
 */
export function readFiles(files: Readonly<Record<string, unknown>>): Record<string, SkillFile> {
  const entries = Object.entries(files)
  if (entries.length > mostFiles) {
    throw invalidSkill('files', `there are ${entries.length}, ${mostFiles} are allowed`)
  }
  const paths = new Set(entries.map(([path]) => path))
  const read = entries.map(([path, file]): [string, SkillFile] => {
    const problem = problemOfPath(path) ?? problemOfPlace(path, paths)
    if (problem !== undefined) throw invalidSkill(quoted(path), problem)
    return [path, fileIn(path, file)]
  })
  return Object.fromEntries(read.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function problemOfPath(path: string): string | undefined {
  const parts = path.split('/')
  if (path.length > longestPath || parts.length > deepestPath) {
    return `a path has at most ${longestPath} characters and ${deepestPath} parts`
  }
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\x00-\x1f\x7f-\x9f\\]/.test(path) || !path.isWellFormed()) {
    return 'a path has no control characters, backslashes or broken Unicode'
  }
  if (parts.some((part) => ['', '.', '..'].includes(part))) return 'must be a path below the skill’s folder'
  if (parts.some((part) => Buffer.byteLength(part) > 255)) return 'a name has at most 255 bytes'
  return reserved.includes(path) ? 'cannot be one of the files' : undefined
}

function problemOfPlace(path: string, paths: ReadonlySet<string>): string | undefined {
  const parts = path.split('/')
  const parent = parts.map((_, index) => parts.slice(0, index).join('/')).find((one) => paths.has(one))
  return parent === undefined ? undefined : `${parent} cannot be a file and a folder`
}

function fileIn(path: string, file: unknown): SkillFile {
  if (typeof file === 'string') return textIn(path, file)
  if (!isMapping(file) || typeof file['content'] !== 'string' || typeof file['executable'] !== 'boolean') {
    throw invalidSkill(path, 'a file must be text, or have content, encoding and executable')
  }
  const { content, encoding, executable } = file as unknown as EncodedSkillFile
  if (encoding === 'utf8') {
    const text = textIn(path, content)
    return executable ? { content: text, encoding, executable } : text
  }
  if (encoding !== 'base64' || Buffer.from(content, 'base64').toString('base64') !== content) {
    throw invalidSkill(path, 'encoding must be utf8 or base64, and the content as that says')
  }
  return { content, encoding, executable }
}

function textIn(path: string, text: string): string {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw invalidSkill(path, 'text has no NUL and no broken Unicode: send such a file as base64')
  }
  return text
}
