import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Parser } from '@asyncapi/parser'
import { topology } from '@guildhall/contracts'
import { beforeAll, describe, expect, it } from 'vitest'
import { renderedFiles, renderWireDocs } from './rendering.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
let rendered: Map<string, string>
let parsed: Awaited<ReturnType<Parser['parse']>>
beforeAll(async () => {
  rendered = await renderWireDocs(root)
  parsed = await new Parser().parse(rendered.get(renderedFiles.document) ?? '')
  // Nothing of it waits, all of it computes: some ten seconds, and longer on a busy machine.
}, 180_000)

it.each(Object.values(renderedFiles))('%s is what `npm run docs` renders', (path) => {
  // Not compared by expect(): thousands of lines of difference would hide what is to be done.
  const isFresh = readFileSync(join(root, path), 'utf8') === rendered.get(path)
  expect(isFresh, `${path} is stale: run \`npm run docs\` and commit what it writes`).toBe(true)
})

describe('docs/asyncapi.yaml', () => {
  it('is valid by AsyncAPI’s own parser, without a warning', () => {
    expect(parsed.diagnostics).toEqual([])
    const described = new Map(parsed.document?.allMessages().map((message) => [message.name(), message]))
    for (const { type } of topology.messages) {
      expect(described.get(type)?.payload()?.type(), type).toBe('object')
      expect(described.get(type)?.summary(), type).toMatch(/\.$/)
    }
  })

  it('says of each request what answers it', () => {
    const operation = parsed.document?.operations().get('task.submit')
    expect(operation?.action()).toBe('receive')
    const answers = operation?.reply()?.messages().all() ?? []
    expect(answers.map((message) => message.name())).toEqual(['task.accepted', 'request.refused'])
  })
})

describe('docs/streams.md', () => {
  it('has a section for each message and for each link to one', () => {
    const page = rendered.get(renderedFiles.page) ?? ''
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title))
    expect(new Set(anchors).size).toBe(anchors.length)
    expect(anchors).toEqual(expect.arrayContaining(topology.messages.map(({ type }) => anchorOf(type))))
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor)
    expect(links.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([])
  })
})

// As the pages of GitHub make them.
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}
