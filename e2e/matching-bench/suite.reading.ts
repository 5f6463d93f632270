import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { AgentProfile, SkillProfile } from '@guildhall/matching'

export interface Query {
  id: string
  text: string
  /** Ids of the skills that compete; all when absent. */
  candidates?: readonly string[]
  /** What is known of the right answer; absent without labels. */
  label?: Label
}

export interface Label {
  kind: 'single' | 'multi' | 'agent' | 'none'
  /** Ids of the right skills. */
  gold: readonly string[]
  tags: readonly string[]
  /** Ids of the right agents; empty when not known. */
  agents: readonly string[]
}

export interface Suite {
  name: string
  skills: readonly SkillProfile[]
  agents: readonly AgentProfile[]
  queries: readonly Query[]
}

type Row = Record<string, unknown>
const kinds: readonly unknown[] = ['single', 'multi', 'agent', 'none'] satisfies Label['kind'][]

/**
 * Every folder in `folder` that has skills and queries, in the order of their names; the folder itself when it is one.
 * @param examples how many examples a skill is given, the first in the order of the file
 * @throws Error that names the file and line that cannot be read
 */
export function readSuites(folder: string, examples: number): Suite[] {
  const isSuite = (path: string) =>
    ['skills', 'queries'].every((name) => existsSync(join(path, `${name}.jsonl`)))
  const folders = isSuite(folder)
    ? [folder]
    : readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
        .filter(isSuite)
  if (folders.length === 0)
    throw new Error(`${folder} has no suite: a folder with skills.jsonl and queries.jsonl`)
  return folders.map((path) => readSuite(path, examples))
}

function readSuite(folder: string, count: number): Suite {
  const examples = new Map<string, string[]>()
  for (const row of readRows(folder, 'examples')) {
    const known = examples.get(textIn(row, 'skill')) ?? []
    if (known.length < count) known.push(textIn(row, 'text'))
    examples.set(textIn(row, 'skill'), known)
  }
  return {
    name: basename(folder),
    skills: distinct(readRows(folder, 'skills').map((row) => skillOf(row, examples))),
    agents: distinct(readRows(folder, 'agents').map(agentOf)),
    queries: readRows(folder, 'queries').map(queryOf),
  }
}

function readRows(folder: string, name: string): Row[] {
  const file = join(folder, `${name}.jsonl`)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap((line, at) => {
      if (line.trim() === '') return []
      try {
        const row = JSON.parse(line) as Row | string | number | null
        if (typeof row === 'object' && row !== null && !Array.isArray(row)) return [row]
      } catch {
        // Told below, with the place.
      }
      throw new Error(`${file}:${at + 1} is no JSON object`)
    })
}

function skillOf(row: Row, examples: ReadonlyMap<string, string[]>): SkillProfile {
  const id = textIn(row, 'id')
  return {
    id,
    name: textIn(row, 'name') || id,
    description: textIn(row, 'description'),
    tags: textsIn(row, 'tags'),
    body: textIn(row, 'body'),
    examples: examples.get(id) ?? [],
  }
}

function agentOf(row: Row): AgentProfile {
  const id = textIn(row, 'id')
  return {
    id,
    name: textIn(row, 'name') || id,
    description: textIn(row, 'description'),
    skillIds: textsIn(row, 'skills'),
    keywords: textsIn(row, 'keywords'),
    examplePrompts: textsIn(row, 'example_prompts'),
  }
}

function queryOf(row: Row): Query {
  const label = labelOf(row)
  return {
    id: textIn(row, 'id'),
    text: textIn(row, 'text'),
    ...(Array.isArray(row['candidates']) && { candidates: textsIn(row, 'candidates') }),
    ...(label && { label }),
  }
}

function labelOf(row: Row): Label | undefined {
  const gold = textsIn(row, 'gold')
  if (!Array.isArray(row['gold']) && !kinds.includes(row['kind'])) return undefined
  const guessed = gold.length === 0 ? 'none' : gold.length === 1 ? 'single' : 'multi'
  return {
    kind: kinds.includes(row['kind']) ? (row['kind'] as Label['kind']) : guessed,
    gold,
    tags: textsIn(row, 'tags'),
    agents: textsIn(row, 'agents'),
  }
}

function textIn(row: Row, key: string): string {
  const value = row[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function textsIn(row: Row, key: string): string[] {
  const value = row[key]
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function distinct<T extends { id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()]
}
