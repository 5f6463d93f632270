import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createSentenceEmbedder } from './sentence.embedder.js'

const embedder = createSentenceEmbedder()!
const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const run = async (program: string, cwd: string) => {
  const arguments_ = ['--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, arguments_, { cwd, timeout: 60_000 })
  return JSON.parse(stdout) as unknown
}
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, number, at) => sum + number * b[at]!, 0)
const match = `
  import { createMatcher, createSentenceEmbedder } from './dist/index.js'
  const skills = [{ id: 'twice', name: 'duplicate files', description: 'Finds copies.', tags: [], examples: [], body: '' }]
  const embedder = createSentenceEmbedder()
  // A match waits for the model no longer than for seconds, which may be too short on a busy machine.
  await embedder?.embed(['Begin'])
  const { source, degraded, ranking } = await createMatcher({ skills, agents: [], embedder }).analyse('Find duplicate files')
  console.log(JSON.stringify({ source, degraded, first: ranking[0]?.skillId }))
`

describe('the sentence model', () => {
  it('puts texts of one meaning near each other', async () => {
    const [ask, same, other] = await embedder.embed([
      'How do I find duplicate files?',
      'Show me files that are copies of each other',
      'Book a flight to Lisbon',
    ])
    expect(Math.hypot(...ask!)).toBeCloseTo(1, 4)
    expect(dot(ask!, same!)).toBeGreaterThan(dot(ask!, other!) + 0.2)
  })
  it('gives a text the same digits each time', async () => {
    const text = 'Summarise the columns of the table'
    const [first] = await embedder.embed([text])
    await embedder.embed(['Something else', text])
    expect(await embedder.embed([text])).toEqual([first])
  })
  it.each([
    ['nothing', ''],
    ['blanks', ' \n\t'],
    ['Chinese', '请查找重复文件'],
    ['signs', '🙂 !!! 123 \ud800'],
  ])('has nothing to say about %s', async (_, text) => {
    const [vector] = await embedder.embed([text])
    expect(vector).toEqual(new Float32Array(512))
  })
  it('reads the beginning of a long text only', async () => {
    const beginning = 'Find the duplicate files in this folder. '.repeat(20)
    const [short] = await embedder.embed([beginning])
    const [long] = await embedder.embed([beginning + 'x'.repeat(100_000)])
    expect(long).toEqual(short)
  })
  it('lets the process end when nothing waits for it', async () => {
    expect(await run(match, dirname(dist))).toEqual({ source: 'embedded', first: 'twice' })
  })
  it('is not there without its packages; then words decide', async () => {
    const place = mkdtempSync(join(tmpdir(), 'guildhall-matching-'))
    try {
      cpSync(dist, join(place, 'dist'), { recursive: true })
      mkdirSync(join(place, 'node_modules'))
      const stemmer = createRequire(import.meta.url).resolve('wink-porter2-stemmer/package.json')
      symlinkSync(dirname(stemmer), join(place, 'node_modules', 'wink-porter2-stemmer'))
      expect(await run(match, place)).toEqual({ source: 'lexical', first: 'twice' })
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  })
})
