import { RequestError } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { readSkillDocument } from './skill.document.js'

const front = ['name: csv-summary', 'description: Sums up a CSV file.', 'allowed-tools: fs.read bash']
const skillText = (lines: string[] = front, body = '# How\n\nRead it.') =>
  ['---', ...lines, '---', body].join('\n')
const read = (sidecar: string, files?: Record<string, string>, markdown = skillText()) =>
  readSkillDocument({ markdown, sidecar, ...(files && { files }) })
const scripted = `
tags: [csv]
examples: [Sum up this CSV file]
parameters:
  type: object
  properties:
    file: { type: string, default: { ref: task.mounts.0 } }
steps:
  - id: read
    call: fs.read
    arguments: { path: { ref: parameters.file } }
  - id: sum
    call: bash
    arguments: { command: wc, stdin: { ref: steps.read.stdout } }
result: { ref: steps.sum.stdout }
`

function refusalOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(RequestError)
    expect((error as RequestError).code).toBe('invalid-skill')
    return (error as RequestError).message
  }
  throw new Error('was not refused')
}

describe('a skill document', () => {
  it('holds what SKILL.md and guildhall.yaml say', () => {
    const { content } = read(scripted, { 'scripts/sum.mjs': 'x' })
    expect(content).toMatchObject({
      name: 'csv-summary',
      description: 'Sums up a CSV file.',
      requiredCapabilities: ['bash', 'fs.read'],
      promptTemplate: '# How\n\nRead it.',
      tags: ['csv'],
      examples: ['Sum up this CSV file'],
      license: null,
      files: { 'scripts/sum.mjs': 'x' },
    })
    expect(content.configuration.steps?.map((step) => step.id)).toEqual(['read', 'sum'])
    expect(content.configuration.result).toEqual({ ref: 'steps.sum.stdout' })
  })

  it('needs no sidecar, takes CRLF and a byte order mark, and a list of tools', () => {
    const lines = ['name: a', 'description: b', 'allowed-tools: [bash]', 'metadata: { version: 2 }']
    const { content } = read('', undefined, `\uFEFF${skillText(lines).replaceAll('\n', '\r\n')}`)
    expect(content).toMatchObject({ requiredCapabilities: ['bash'], metadata: { version: '2' } })
    expect(content.configuration).toEqual({})
  })

  it('has one digest for the same content in another spelling', () => {
    const other = skillText([...front].reverse(), '\n\n# How\n\nRead it.\n')
    expect(read(scripted, {}, other).digest).toBe(read(`# a comment\n${scripted}`).digest)
    expect(read(scripted, { 'assets/a': '' }).digest).not.toBe(read(scripted).digest)
  })

  it.each([
    ['no front matter', 'just text', /SKILL\.md: must begin with front matter/],
    ['front matter without an end', '---\nname: a\n', /SKILL\.md: must begin with front matter/],
    ['no name', skillText(['description: x']), /SKILL\.md: name must be/],
    ['an upper-case name', skillText(['name: A', 'description: x']), /name must be/],
    ['a double hyphen', skillText(['name: a--b', 'description: x']), /name must be/],
    ['a name of 65', skillText([`name: ${'a'.repeat(65)}`, 'description: x']), /name must be/],
    ['a long description', skillText(['name: a', `description: ${'x'.repeat(1025)}`]), /description must be/],
    ['an empty description', skillText(['name: a', 'description: ""']), /description must be/],
    ['a misspelt field', skillText([...front, 'allowed_tools: bash']), /unknown field "allowed_tools"/],
    [
      'an unknown tool',
      skillText(['name: a', 'description: x', 'allowed-tools: bash Web']),
      /"Web".*fs\.read/,
    ],
    ['metadata of another shape', skillText([...front, 'metadata: { a: [1] }']), /metadata must map/],
    ['a body of 40,001', skillText(front, 'x'.repeat(40_001)), /40001 characters, 40000 are allowed/],
    ['a doubled field', skillText([...front, 'name: b']), /not readable as YAML: .*unique/],
    ['a custom tag', skillText(['name: !!js/function a', 'description: x']), /not readable as YAML/],
  ])('is refused with %s', (_, markdown, message) => {
    expect(refusalOf(() => read('', undefined, markdown))).toMatch(message)
  })

  it.each([
    ['aliases', 'tags: &a [x]\nexamples: *a', /guildhall\.yaml: YAML aliases/],
    ['an alias bomb', 'a: &a [x,x]\nb: &b [*a,*a]\ntags: [*b,*b]', /YAML aliases/],
    ['a list at the top', '- a', /must hold fields/],
    ['an unknown field', 'step: []', /unknown field "step"/],
    ['tags that are no texts', 'tags: [1]', /tags must be a list/],
    ['values without end', `tags: ${'['.repeat(15_000)}`, /guildhall\.yaml: /],
    ['deep nesting', `parameters: ${'{a: '.repeat(40)}1${'}'.repeat(40)}`, /nested deeper than 20/],
    ['NaN', 'parameters: { properties: { a: { default: .nan } } }', /numbers must be finite/],
    ['half a character', 'tags: ["\\uD800"]', /valid Unicode/],
    ['a schema of another type', 'parameters: { type: array }', /parameters must be a JSON Schema/],
    ['steps of another shape', 'steps: 5', /steps must be a list/],
    ['no steps', 'steps: []', /steps must be a list/],
    ['a doubled id', step('a') + step('a', true), /steps\[1\]\.id "a" is used twice/],
    [
      'a call that is not allowed',
      'steps: [{ id: a, call: fs.write }]',
      /steps\[0\]\.call must be one of.*"fs\.write"/,
    ],
    ['arguments that are a list', 'steps: [{ id: a, call: bash, arguments: [] }]', /arguments must map/],
    ['an unknown part of a step', 'steps: [{ id: a, call: bash, when: x }]', /unknown field "when"/],
    ['a reference to nothing known', ref('env.HOME'), /steps\[0\]\.arguments: the reference "env\.HOME"/],
    ['a reference to itself', ref('steps.a.stdout'), /names no earlier step/],
    ['a reference to an undeclared parameter', ref('parameters.x'), /names no declared parameter/],
    ['a result without steps', 'result: { ref: task.goal }', /result needs steps/],
    ['a result of no step', `${step('a')}result: { ref: steps.b.stdout }`, /result: .*no earlier step/],
    [
      'a default that points at a step',
      'parameters: { properties: { a: { default: { ref: steps.a.stdout } } } }',
      /parameters\.properties\.a\.default/,
    ],
  ])('is refused with a sidecar that has %s', (_, sidecar, message) => {
    expect(refusalOf(() => read(sidecar))).toMatch(message)
  })

  it.each([
    ['scripts/../../etc/passwd'],
    ['/etc/passwd'],
    ['run.sh'],
    ['scripts/'],
    ['scripts//a'],
    ['scripts/.'],
    ['scripts\\a'],
    ['bin/a'],
    [`scripts/${'a'.repeat(300)}`],
    ['scripts/a\nb'],
  ])('is refused with a file at %j', (path) => {
    expect(refusalOf(() => read('', { [path]: '' }))).toMatch(/below scripts\/, references\/ or assets\//)
  })

  it('is refused with files that are too large, no text, or in each other’s place', () => {
    const half = 'é'.repeat(40 * 1024)
    expect(refusalOf(() => read('', { 'assets/a': half, 'assets/b': half }))).toMatch(/163840 bytes, 153600/)
    expect(refusalOf(() => read('', { 'assets/a': 'a\0' }))).toMatch(/assets\/a: a file must be text/)
    expect(refusalOf(() => read('', { 'assets/a': '', 'assets/a/b': '' }))).toMatch(/assets\/a\/b: assets\/a/)
    expect(refusalOf(() => read('', { 'assets/a': '"'.repeat(100_000) }))).toMatch(/as a message/)
  })
})

function step(id: string, following = false): string {
  return `${following ? '' : 'steps:\n'}  - { id: ${id}, call: bash, arguments: { command: x } }\n`
}

function ref(to: string): string {
  return `steps: [{ id: a, call: bash, arguments: { args: [{ ref: ${to} }] } }]`
}
