import type { FunctionName, SkillNote } from '@guildhall/contracts'
import { mapAllowedTools, splitTools } from './allowed.tools.js'
import { invalidSkill } from './skill.errors.js'
import { isMapping, parseMapping, quoted } from './yaml.mapping.js'
import { quoteColons } from './yaml.mending.js'

const file = 'SKILL.md'
const fields = ['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools']
/** Fields of no standard that say what the skill is about. */
const tagFields = ['tags', 'keywords']
const longestBody = 100_000
const mostTags = 50
const longestTag = 64

/** What SKILL.md says, in the public format (https://agentskills.io/specification). */
export interface SkillText {
  name: string
  description: string
  license: string | null
  compatibility: string | null
  metadata: Record<string, string>
  requiredCapabilities: FunctionName[]
  promptTemplate: string
  /** From a field `tags` or `keywords`, which many skills have. */
  tags: string[]
  notes: SkillNote[]
}

/**
 * Reads SKILL.md: front matter between `---` lines, then the instructions. Fields that the format does not know stay in
 * the text, have no effect, and are noted.
 * @throws RequestError `invalid-skill`
 */
export function readSkillText(markdown: string): SkillText {
  const text = markdown.replace(/^\uFEFF/, '')
  const [, front, body] = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n|$)([\s\S]*)$/.exec(text) ?? []
  if (front === undefined || body === undefined) {
    throw invalidSkill(file, 'must begin with front matter: a line ---, fields such as name, a line ---')
  }
  const { mapping, notes } = parseFront(front)
  const promptTemplate = body.trim()
  if (promptTemplate.length > longestBody) {
    throw invalidSkill(
      file,
      `the text after the front matter has ${promptTemplate.length} characters, ${longestBody} are allowed: move parts to references/`,
    )
  }
  const tools = toolsIn(mapping['allowed-tools'])
  const metadata = metadataIn(mapping['metadata'])
  return {
    name: nameIn(mapping['name']),
    description: textIn('description', mapping['description'], 1024),
    license: optionalTextIn('license', mapping['license'], 2_000),
    compatibility: optionalTextIn('compatibility', mapping['compatibility'], 500),
    metadata: metadata.values,
    requiredCapabilities: tools.requiredCapabilities,
    promptTemplate,
    tags: tagFields.flatMap((field) => tagsIn(mapping[field])).slice(0, mostTags),
    notes: [...notes, ...metadata.notes, ...tools.notes, ...notesOfFields(Object.keys(mapping))],
  }
}

export const skillNamePattern = /^(?=.{1,64}$)[a-z0-9]+(?:-[a-z0-9]+)*$/

function parseFront(front: string): { mapping: Record<string, unknown>; notes: SkillNote[] } {
  try {
    return { mapping: parseMapping(file, front), notes: [] }
  } catch (error) {
    const mended = quoteColons(front)
    if (mended === undefined) throw error
    const message = 'the front matter is no valid YAML: values with a colon in them were read as if quoted'
    return { mapping: parseMapping(file, mended), notes: [{ code: 'yaml-mended', message }] }
  }
}

function nameIn(value: unknown): string {
  if (typeof value === 'string' && skillNamePattern.test(value)) return value
  throw invalidSkill(
    file,
    `name must be 1 to 64 lower-case letters and digits, with single hyphens between words, not ${said(value)}`,
  )
}

function textIn(field: string, value: unknown, longest: number): string {
  const text = typeof value === 'string' ? value.trim() : ''
  // The format counts characters, a JavaScript string halves of some.
  const characters = [...text].length
  if (characters > 0 && characters <= longest) return text
  const is = characters > 0 ? `it has ${characters}` : `not ${said(value)}`
  throw invalidSkill(file, `${field} must be a text of 1 to ${longest} characters, ${is}`)
}

function optionalTextIn(field: string, value: unknown, longest: number): string | null {
  const isAbsent = value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  return isAbsent ? null : textIn(field, value, longest)
}

function metadataIn(value: unknown): { values: Record<string, string>; notes: SkillNote[] } {
  if (value === undefined || value === null) return { values: {}, notes: [] }
  if (!isMapping(value)) throw invalidSkill(file, 'metadata must map names to texts')
  const nested = Object.keys(value).filter((name) => typeof value[name] === 'object' && value[name] !== null)
  const texts = Object.entries(value).map(([name, item]) => [name, metadataText(item)] as const)
  const values = Object.fromEntries(texts)
  if (nested.length === 0) return { values, notes: [] }
  const message = `metadata: ${names(nested)} should be texts and are kept as JSON`
  return { values, notes: [{ code: 'metadata-nested', message }] }
}

function metadataText(item: unknown): string {
  if (item === null) return ''
  return typeof item === 'string' ? item : JSON.stringify(item)
}

function toolsIn(value: unknown): ReturnType<typeof mapAllowedTools> {
  if (value === undefined || value === null) {
    const message = 'there is no allowed-tools: an agent with this skill alone may call no function'
    return { requiredCapabilities: [], notes: [{ code: 'tools-absent', message }] }
  }
  const items: unknown[] = Array.isArray(value) ? value : [value]
  if (!items.every((item) => typeof item === 'string')) {
    throw invalidSkill(file, 'allowed-tools must be a list of names')
  }
  return mapAllowedTools(items.flatMap(splitTools))
}

function tagsIn(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  const texts = items.filter((item) => typeof item === 'string').map((item) => item.trim())
  return texts.filter((tag) => tag !== '' && tag.length <= longestTag)
}

function notesOfFields(present: readonly string[]): SkillNote[] {
  const others = present.filter((field) => ![...fields, ...tagFields].includes(field))
  if (others.length === 0) return []
  const message = `front matter without an effect here, kept in the file: ${names(others)}`
  return [{ code: 'field-without-effect', message }]
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 20).map((name) => name.slice(0, 80))
  return shown.join(', ') + (list.length > shown.length ? ` and ${list.length - shown.length} more` : '')
}

function said(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing'
  return typeof value === 'string' ? quoted(value) : `a ${Array.isArray(value) ? 'list' : typeof value}`
}
