import type { SkillDetails, SkillFile } from '@guildhall/contracts'
import { expect, it } from 'vitest'
import { plain } from '../terminal/paint.js'
import { renderDifferences } from './difference.rendering.js'
import { differencesOf, type SkillVersion } from './skill.differences.js'

function version(
  number: number,
  over: Partial<SkillDetails> = {},
  files: Record<string, SkillFile> = {},
  markdown = 'one\ntwo\nthree\n',
): SkillVersion {
  const details = {
    name: 'csv',
    version: number,
    description: 'Sums up.',
    requiredCapabilities: ['bash'],
    promptTemplate: markdown,
    configuration: {},
    tags: [],
    examples: [],
    metadata: {},
    ...over,
  } as unknown as SkillDetails
  return { details, source: { name: 'csv', version: number, digest: '', markdown, files } }
}
const binary = (bytes: number[]): SkillFile => ({
  content: Buffer.from(bytes).toString('base64'),
  encoding: 'base64',
  executable: false,
})

it('tells fields that differ, whatever the order of names in them', () => {
  const from = version(1, { metadata: { a: '1', b: '2' }, license: 'MIT' })
  const to = version(2, { metadata: { b: '2', a: '1' }, requiredCapabilities: ['bash', 'fs.read'] })
  expect(differencesOf(from, to)).toEqual({
    name: 'csv',
    from: 1,
    to: 2,
    fields: [
      { field: 'requiredCapabilities', from: ['bash'], to: ['bash', 'fs.read'] },
      { field: 'license', from: 'MIT', to: null },
    ],
    files: [],
  })
})

it('tells files that came, went and changed, texts with a unified diff', () => {
  const from = version(1, {}, { 'a.md': 'a\n', 'b.bin': binary([0]), 'same.md': 'x', 'run.sh': 'x' })
  const executable = { content: 'x', encoding: 'utf8', executable: true } as const
  const to = version(
    2,
    {},
    { 'b.bin': binary([1]), 'c.md': 'c\n', 'same.md': 'x', 'run.sh': executable },
    'one\n2\nthree\n',
  )
  const { files } = differencesOf(from, to)
  expect(files.map(({ path, change }) => `${change} ${path}`)).toEqual([
    'changed SKILL.md',
    'removed a.md',
    'changed b.bin',
    'changed run.sh',
    'added c.md',
  ])
  expect(files[0]?.patch).toBe('--- a/SKILL.md\n+++ b/SKILL.md\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n')
  expect(files[1]?.patch).toContain('+++ /dev/null')
  expect(files[2]).toEqual({ path: 'b.bin', change: 'changed' })
  expect(files[3]).toEqual({ path: 'run.sh', change: 'changed', executable: true })
})

it('is shown in words, with nothing in it that steers a terminal', () => {
  const to = version(2, { description: 'Sums\u001b[31m up.' }, { 'c\u0007.md': 'c\u001b[2J\n' })
  const text = renderDifferences(differencesOf(version(1), to), plain)
  expect(text).toBe(
    'csv v1 → v2\n  ~ description\n      - Sums up.\n      + Sums up.\n  + c.md (added)\n\n' +
      '--- /dev/null\n+++ "b/c\\a.md"\n@@ -0,0 +1,1 @@\n+c',
  )
  expect(renderDifferences(differencesOf(version(1), version(2)), plain)).toBe(
    'csv v1 → v2: the same to the byte',
  )
})
