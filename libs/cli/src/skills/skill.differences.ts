import {
  canonicalDigest,
  decodeSkillFile,
  type SkillDetails,
  type SkillExported,
  type SkillFile,
} from '@guildhall/contracts'
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'

const longestDiffMs = 2_000

/** One version of a skill: what it says, and the bytes that say it. */
export interface SkillVersion {
  details: SkillDetails
  source: SkillExported
}

export interface FieldDifference {
  field: string
  from: unknown
  to: unknown
}

export interface FileDifference {
  path: string
  change: 'added' | 'removed' | 'changed'
  /** Unified diff; absent when one side is no text, only the executable bit differs, or it would take too long. */
  patch?: string
  /** Present when the executable bit changed: what it is now. */
  executable?: boolean
}

export interface SkillDifferences {
  name: string
  from: number
  to: number
  fields: FieldDifference[]
  files: FileDifference[]
}

const comparedFields = [
  'description',
  'requiredCapabilities',
  'promptTemplate',
  'configuration',
  'tags',
  'examples',
  'license',
  'compatibility',
  'metadata',
] as const satisfies readonly (keyof SkillDetails)[]

/** What is different in a newer version of a skill: in the fields of the AgentSkill, and in the files of its folder. */
export function differencesOf(from: SkillVersion, to: SkillVersion): SkillDifferences {
  const before = filesOf(from.source)
  const after = filesOf(to.source)
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  return {
    name: to.details.name,
    from: from.details.version,
    to: to.details.version,
    fields: comparedFields.flatMap((field) => {
      const [was, is] = [from.details[field], to.details[field]]
      return isSame(was, is) ? [] : [{ field, from: was ?? null, to: is ?? null }]
    }),
    files: paths.flatMap((path) => differenceOf(path, before.get(path), after.get(path)) ?? []),
  }
}

function filesOf({ markdown, sidecar, files }: SkillExported): Map<string, SkillFile> {
  const others = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return new Map([
    ['SKILL.md', markdown],
    ...(sidecar === undefined ? [] : [['guildhall.yaml', sidecar] as const]),
    ...others,
  ])
}

function differenceOf(
  path: string,
  before: SkillFile | undefined,
  after: SkillFile | undefined,
): FileDifference | undefined {
  const [was, is] = [before, after].map((file) => (file === undefined ? undefined : decodeSkillFile(file)))
  if (was && is && was.bytes.equals(is.bytes) && was.executable === is.executable) return undefined
  const change = !was ? 'added' : !is ? 'removed' : 'changed'
  const hasBit = was && is && was.executable !== is.executable
  const isText = (was?.isText ?? true) && (is?.isText ?? true)
  const isOther = !was || !is || !was.bytes.equals(is.bytes)
  const patch = isText && isOther ? patchOf(path, was?.bytes, is?.bytes) : undefined
  return {
    path,
    change,
    ...(patch !== undefined && { patch }),
    ...(hasBit && { executable: is.executable }),
  }
}

function patchOf(path: string, was: Buffer | undefined, is: Buffer | undefined): string | undefined {
  return createTwoFilesPatch(
    was ? `a/${path}` : '/dev/null',
    is ? `b/${path}` : '/dev/null',
    was?.toString() ?? '',
    is?.toString() ?? '',
    undefined,
    undefined,
    { timeout: longestDiffMs, headerOptions: FILE_HEADERS_ONLY },
  )
}

/** Whatever the order of names in objects: a database may hand them back in another one. */
function isSame(was: unknown, is: unknown): boolean {
  return canonicalDigest({ value: was ?? null }) === canonicalDigest({ value: is ?? null })
}
