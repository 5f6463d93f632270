import { decodeSkillFile, type SkillFile } from '@guildhall/contracts'

const shownFiles = 100

/**
 * What a skill's folder holds, in paragraphs for a prompt that names the folder; none when it holds nothing. The same for
 * the same files. Their content is left to be read when it is needed.
 */
export function listFiles(files: Readonly<Record<string, SkillFile>>): string[] {
  const entries = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1))
  if (entries.length === 0) return []
  const lines = entries.slice(0, shownFiles).map(([path, file]) => {
    const { bytes, executable } = decodeSkillFile(file)
    return `- ${JSON.stringify(path)}, ${bytes.length} bytes${executable ? ', executable' : ''}`
  })
  const more = entries.length > shownFiles ? [`- and ${entries.length - shownFiles} more`] : []
  return [['Its files:', ...lines, ...more].join('\n')]
}
