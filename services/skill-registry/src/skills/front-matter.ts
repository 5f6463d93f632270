import { functionNames, type FunctionName } from '@guildhall/contracts'
import { invalidSkill } from './skill.errors.js'
import { isMapping, parseMapping, quoted, refuseUnknownFields } from './yaml.mapping.js'

const file = 'SKILL.md'
const fields = ['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools']
const longestBody = 40_000

/** What SKILL.md says, in the public format (https://agentskills.io/specification). */
export interface SkillText {
  name: string
  description: string
  license: string | null
  compatibility: string | null
  metadata: Record<string, string>
  requiredCapabilities: FunctionName[]
  promptTemplate: string
}

/**
 * Reads SKILL.md: front matter between `---` lines, then the instructions.
 * @throws RequestError `invalid-skill`
 */
export function readSkillText(markdown: string): SkillText {
  const text = markdown.replace(/^\uFEFF/, '').toWellFormed()
  const [, front, body] = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n|$)([\s\S]*)$/.exec(text) ?? []
  if (front === undefined || body === undefined) {
    throw invalidSkill(file, 'must begin with front matter: a line ---, fields such as name, a line ---')
  }
  const mapping = parseMapping(file, front)
  refuseUnknownFields(file, mapping, fields, '; others belong below metadata')
  const promptTemplate = body.trim()
  if (promptTemplate.length > longestBody) {
    throw invalidSkill(
      file,
      `the text after the front matter has ${promptTemplate.length} characters, ${longestBody} are allowed: move parts to references/`,
    )
  }
  return {
    name: nameIn(mapping['name']),
    description: textIn('description', mapping['description'], 1024),
    license: optionalTextIn('license', mapping['license']),
    compatibility: optionalTextIn('compatibility', mapping['compatibility']),
    metadata: metadataIn(mapping['metadata']),
    requiredCapabilities: capabilitiesIn(mapping['allowed-tools']),
    promptTemplate,
  }
}

export const skillNamePattern = /^(?=.{1,64}$)[a-z0-9]+(?:-[a-z0-9]+)*$/

function nameIn(value: unknown): string {
  if (typeof value === 'string' && skillNamePattern.test(value)) return value
  throw invalidSkill(
    file,
    'name must be 1 to 64 lower-case letters and digits, with single hyphens between words',
  )
}

function textIn(field: string, value: unknown, longest: number): string {
  const text = typeof value === 'string' ? value.trim() : ''
  if (text !== '' && text.length <= longest) return text
  throw invalidSkill(file, `${field} must be a text of 1 to ${longest} characters`)
}

function optionalTextIn(field: string, value: unknown): string | null {
  return value === undefined || value === null ? null : textIn(field, value, 500)
}

function metadataIn(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {}
  const entries = isMapping(value) ? Object.entries(value) : []
  const isScalar = (item: unknown) => ['string', 'number', 'boolean'].includes(typeof item)
  if (!isMapping(value) || !entries.every(([, item]) => isScalar(item))) {
    throw invalidSkill(file, 'metadata must map names to texts')
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, String(item)]))
}

function capabilitiesIn(value: unknown): FunctionName[] {
  if (value === undefined || value === null) return []
  const items: unknown[] = Array.isArray(value) ? value : [value]
  if (!items.every((item) => typeof item === 'string')) {
    throw invalidSkill(file, 'allowed-tools must be a list of function names')
  }
  const names = items.flatMap((item) => item.split(/[\s,]+/)).filter((name) => name !== '')
  const isKnown = (name: string): name is FunctionName => (functionNames as readonly string[]).includes(name)
  const unknown = [...new Set(names.filter((name) => !isKnown(name)))]
  if (unknown.length > 0) {
    throw invalidSkill(
      file,
      `allowed-tools names ${unknown.slice(0, 10).map(quoted).join(', ')}, which no agent can call: there are ${functionNames.join(', ')}`,
    )
  }
  return functionNames.filter((name) => names.includes(name))
}
