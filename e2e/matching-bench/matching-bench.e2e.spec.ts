import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSuites } from './suite.reading.js'

const main = fileURLToPath(new URL('dist/main.js', import.meta.url))
const jsonLines = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

let data: string
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'guildhall-suites-'))
  const suite = (name: string, files: Record<string, string>) => {
    mkdirSync(join(data, name))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(data, name, `${file}.jsonl`), text)
  }
  suite('labelled', {
    skills: jsonLines(
      {
        id: 'inv',
        name: 'invoice draft',
        description: 'Drafts an invoice for a customer',
        tags: ['billing'],
      },
      { id: 'dup', name: 'duplicate files', description: 'Finds files with the same content' },
    ),
    examples: jsonLines({ skill: 'inv', text: 'Bill the hours of March' }, { skill: 'dup', text: 'one' }),
    agents: jsonLines({ id: 'clerk', name: 'clerk', skills: ['inv'], keywords: ['billing'] }),
    queries: jsonLines(
      { id: 'q1', text: 'Draft an invoice', gold: ['inv'], kind: 'single', tags: [], agents: ['clerk'] },
      { id: 'q2', text: 'Book a flight', gold: [], kind: 'none', tags: ['far-oos'] },
    ),
  })
  suite('bare', {
    skills: `\ufeff${jsonLines({ id: 'one', name: 'find files' }, { id: 'two', name: 'find people' })}\n\n`,
    queries: jsonLines({ id: 'q3', text: 'find files and people', candidates: ['two', 'unknown'] }),
  })
  mkdirSync(join(data, 'no-suite'))
})
afterAll(() => rmSync(data, { recursive: true, force: true }))

const bench = async (...more: string[]) => {
  const out = join(data, 'out', 'answers.jsonl')
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    '--data',
    data,
    '--out',
    out,
    ...more,
  ])
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
  return { stdout, answers: lines.map((line) => JSON.parse(line)) }
}

describe('the benchmark of the matcher', () => {
  it('answers every query of every suite, one line each', async () => {
    const { stdout, answers } = await bench('--embedder', 'off')
    expect(answers.map(({ suite, id }) => `${suite} ${id}`)).toEqual([
      'bare q3',
      'labelled q1',
      'labelled q2',
    ])
    const [among, invoice, flight] = answers
    expect(among.ranking).toEqual(['two'])
    expect(invoice).toMatchObject({ ranking: ['inv'], skills: ['inv'], agent: 'clerk', agents: ['clerk'] })
    expect(invoice.source).toBe('lexical')
    expect(invoice.ms).toBeGreaterThan(0)
    expect(flight).toMatchObject({ ranking: [], score: 0, skills: [], agent: null })
    expect(stdout).toMatch(/top-1 +- +1\.000 +1\.000/)
    expect(stdout).toMatch(/^10000 /m)
  })
  it('gives the matcher as many examples as it is told', () => {
    const examples = (count: number) => readSuites(join(data, 'labelled'), count)[0]!.skills[0]!.examples
    expect(examples(0)).toEqual([])
    expect(examples(5)).toEqual(['Bill the hours of March'])
  })
  it('names the line that it cannot read', () => {
    writeFileSync(join(data, 'no-suite', 'skills.jsonl'), '{"id":"a"}\n{oops\n')
    writeFileSync(join(data, 'no-suite', 'queries.jsonl'), '')
    expect(() => readSuites(join(data, 'no-suite'), 0)).toThrow('skills.jsonl:2 is no JSON object')
    rmSync(join(data, 'no-suite'), { recursive: true })
  })
  it.each([
    [['--examples', 'x'], '--examples'],
    [['--embedder', 'maybe'], '--embedder'],
  ])('refuses %j', async (options, word) => {
    await expect(bench(...options)).rejects.toThrow(word)
  })
})
