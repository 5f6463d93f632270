import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSkillDocument } from './skill.document.js'

const folder = join(import.meta.dirname, '../../../../skills')

const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

describe('the shipped skills', () => {
  it.each(names)('%s can be registered and runs without a model', (name) => {
    const files = fileNames(join(folder, name))
    const text = (file: string) => readFileSync(join(folder, name, file), 'utf8')
    const { content } = readSkillDocument({
      markdown: text('SKILL.md'),
      sidecar: text('guildhall.yaml'),
      files: Object.fromEntries(files.filter((file) => file.includes('/')).map((file) => [file, text(file)])),
    })
    expect(content.name).toBe(name)
    expect(content.configuration.steps).toBeDefined()
  })
})

function fileNames(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}
