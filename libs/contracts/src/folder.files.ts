import type { EncodedSkillFile, SkillFile } from './skill.files.js'

const mostFiles = 500
const longestPath = 250
const deepestPath = 10

/** A folder's files as somebody sent them are none that can be laid out; the message says why. */
export class InvalidFolderError extends Error {
  override readonly name = 'InvalidFolderError'
  constructor(
    /** The file, or `files` for all of them. */
    readonly path: string,
    message: string,
  ) {
    super(message)
  }
}

/**
 * The files of a folder, as they may be laid out below any folder: relative, no way out; by the alphabet.
 * @throws InvalidFolderError naming the first file that cannot
 */
export function readFolderFiles(files: Readonly<Record<string, unknown>>): Record<string, SkillFile> {
  const entries = Object.entries(files)
  if (entries.length > mostFiles) {
    throw new InvalidFolderError('files', `there are ${entries.length}, ${mostFiles} are allowed`)
  }
  const paths = new Set(entries.map(([path]) => path))
  const read = entries.map(([path, file]): [string, SkillFile] => {
    const problem = problemOfPath(path) ?? problemOfPlace(path, paths)
    if (problem !== undefined) throw new InvalidFolderError(path, problem)
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
  if (parts.some((part) => ['', '.', '..'].includes(part))) return 'must be a path below its folder'
  if (parts.some((part) => Buffer.byteLength(part) > 255)) return 'a name has at most 255 bytes'
  return path === '__proto__' ? 'cannot be one of the files' : undefined
}

function problemOfPlace(path: string, paths: ReadonlySet<string>): string | undefined {
  const parts = path.split('/')
  const parent = parts.map((_, index) => parts.slice(0, index).join('/')).find((one) => paths.has(one))
  return parent === undefined ? undefined : `${parent} cannot be a file and a folder`
}

function fileIn(path: string, file: unknown): SkillFile {
  if (typeof file === 'string') return textIn(path, file)
  if (!isEncoded(file)) {
    throw new InvalidFolderError(path, 'a file must be text, or have content, encoding and executable')
  }
  const { content, encoding, executable } = file
  if (encoding === 'utf8') {
    const text = textIn(path, content)
    return executable ? { content: text, encoding, executable } : text
  }
  if (encoding !== 'base64' || Buffer.from(content, 'base64').toString('base64') !== content) {
    throw new InvalidFolderError(path, 'encoding must be utf8 or base64, and the content as that says')
  }
  return { content, encoding, executable }
}

function isEncoded(file: unknown): file is EncodedSkillFile {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return false
  const { content, executable } = file as Record<string, unknown>
  return typeof content === 'string' && typeof executable === 'boolean'
}

function textIn(path: string, text: string): string {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new InvalidFolderError(path, 'text has no NUL and no broken Unicode: send such a file as base64')
  }
  return text
}
