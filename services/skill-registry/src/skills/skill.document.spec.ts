import { RequestError, type SkillFile } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { readSkillDocument } from './skill.document.js'

const front = ['name: csv-summary', 'description: Sums up a CSV file.', 'allowed-tools: fs.read bash']
const skillText = (lines: string[] = front, body = '# How\n\nRead it.') =>
  ['---', ...lines, '---', body].join('\n')
const read = (sidecar: string, files?: Record<string, SkillFile>, markdown = skillText()) =>
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
    const markdown = `\uFEFF${skillText(lines).replaceAll('\n', '\r\n')}`
    const { content } = readSkillDocument({ markdown })
    expect(content).toMatchObject({ requiredCapabilities: ['bash'], metadata: { version: '2' } })
    expect(content).toMatchObject({ configuration: {}, markdown, sidecar: null, notes: [] })
  })

  it('is the same version for the same bytes only', () => {
    const same = read(scripted, { 'assets/b': '', 'assets/a': '' }).digest
    expect(read(scripted, { 'assets/a': '', 'assets/b': '' }).digest).toBe(same)
    const bits = { content: '', encoding: 'utf8', executable: true } as const
    const others = [
      read(scripted, { 'assets/a': '' }),
      read(`${scripted}\n`, { 'assets/a': '', 'assets/b': '' }),
      read(scripted, { 'assets/a': '', 'assets/b': '' }, skillText([...front].reverse())),
      read(scripted, { 'assets/a': '', 'assets/b': bits }),
    ].map(({ digest }) => digest)
    expect(new Set([same, ...others]).size).toBe(5)
    const spelt = { content: '', encoding: 'utf8', executable: false } as const
    expect(read(scripted, { 'assets/a': spelt, 'assets/b': '' }).digest).toBe(same)
  })

  it('keeps front matter of other products, uses tags, and says what has no effect', () => {
    const lines = [
      ...front,
      'version: 1.2.0',
      'hooks: { Stop: [{ command: rm }] }',
      'tags: a, b',
      'keywords: [c]',
    ]
    const { content } = read('', {}, skillText(lines))
    expect(content.tags).toEqual(['a', 'b', 'c'])
    expect(content.notes).toEqual([
      {
        code: 'field-without-effect',
        message: 'front matter without an effect here, kept in the file: version, hooks',
      },
    ])
    expect(read('tags: [x]', {}, skillText(lines)).content.tags).toEqual(['x'])
  })

  it('takes what other products take: values with colons, nested metadata, empty licences', () => {
    const lines = [
      'name: a',
      'description: Use it when: asked',
      'license: ""',
      'metadata: { a: { b: [1] }, c: }',
    ]
    const { content } = read('', {}, skillText(lines))
    expect(content).toMatchObject({
      description: 'Use it when: asked',
      license: null,
      metadata: { a: '{"b":[1]}', c: '' },
    })
    expect(content.notes.map(({ code }) => code)).toEqual(['yaml-mended', 'metadata-nested', 'tools-absent'])
  })

  it('takes what it needs from guildhall.yaml where that says so, in place of the tools', () => {
    const lines = ['name: a', 'description: b', 'allowed-tools: WebSearch Read']
    expect(read('', {}, skillText(lines)).content).toMatchObject({
      requiredCapabilities: ['fs.read'],
      notes: [{ code: 'tool-unknown' }],
    })
    const { content } = read('required_capabilities: [fs.list, bash]', {}, skillText(lines))
    expect(content).toMatchObject({ requiredCapabilities: ['bash', 'fs.list'], notes: [] })
    expect(refusalOf(() => read('required_capabilities: [Read]'))).toMatch(/must be a list of bash, /)
  })

  it('counts characters as people do', () => {
    const { content } = read('', {}, skillText(['name: a', `description: ${'\u{1F600}'.repeat(1024)}`]))
    expect([...content.description]).toHaveLength(1024)
  })

  it('has the name of its folder', () => {
    const markdown = skillText()
    expect(readSkillDocument({ markdown, folder: 'csv-summary' }).content.name).toBe('csv-summary')
    expect(refusalOf(() => readSkillDocument({ markdown, folder: 'csv' }))).toMatch(
      /name is csv-summary, and the folder csv: they must be the same/,
    )
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
    ['a licence of 2,001', skillText([...front, `license: ${'x'.repeat(2001)}`]), /license must be.*2001/],
    ['a compatibility of 501', skillText([...front, `compatibility: ${'x'.repeat(501)}`]), /500 characters/],
    ['a compatibility that is a list', skillText([...front, 'compatibility: [x]']), /not a list/],
    [
      'tools that are no names',
      skillText(['name: a', 'description: x', 'allowed-tools: [1]']),
      /list of names/,
    ],
    ['metadata of another shape', skillText([...front, 'metadata: [1]']), /metadata must map/],
    ['a body of 100,001', skillText(front, 'x'.repeat(100_001)), /100001 characters, 100000 are allowed/],
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
      /steps\[0\]\.call must be a function.*"fs\.write"/,
    ],
    ['arguments that are a list', 'steps: [{ id: a, call: bash, arguments: [] }]', /arguments must map/],
    ['an unknown part of a step', 'steps: [{ id: a, call: bash, whenever: x }]', /unknown field "whenever"/],
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
    'run.sh',
    'LICENSE.txt',
    'templates/deep/er/a b.html',
    'assets/Grüße 日本 😀.txt',
    '.github/x',
    '-rf',
    'assets/"quoted" $HOME',
  ])('may have a file at %j', (path) => {
    expect(read('', { [path]: 'x' }).content.files).toEqual({ [path]: 'x' })
  })

  it.each([
    ['scripts/../../etc/passwd', /a path below its folder/],
    ['/etc/passwd', /a path below its folder/],
    ['', /a path below its folder/],
    ['scripts/', /a path below its folder/],
    ['scripts//a', /a path below its folder/],
    ['scripts/.', /a path below its folder/],
    ['..', /a path below its folder/],
    ['scripts\\a', /no control characters, backslashes/],
    ['scripts/a\nb', /no control characters/],
    ['scripts/\u009ba', /no control characters/],
    ['scripts/\ud800', /broken Unicode/],
    ['SKILL.md', /cannot be one of the files/],
    ['guildhall.yaml', /cannot be one of the files/],
    [`scripts/${'a'.repeat(300)}`, /at most 250 characters/],
    [`scripts/${'é'.repeat(200)}`, /at most 255 bytes/],
    ['a/b/c/d/e/f/g/h/i/j/k', /10 parts/],
  ])('is refused with a file at %j', (path, problem) => {
    expect(refusalOf(() => read('', { [path]: '' }))).toMatch(problem)
  })

  it('is refused with files that are too many, too large, badly encoded, or in each other’s place', () => {
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`assets/${index}`, '']))
    expect(refusalOf(() => read('', many))).toMatch(/501, 500 are allowed/)
    expect(refusalOf(() => read('', { 'assets/a': 'x'.repeat(246_000) }))).toMatch(/as a message, 245760/)
    expect(refusalOf(() => read('', { 'assets/a': '"'.repeat(130_000) }))).toMatch(/as a message, 245760/)
    const flow = `tags: []\nparameters: { x: [${'a,'.repeat(14_000)}] }`
    const wide = 'x'.repeat(99_000)
    const sized = { 'assets/a': 'x'.repeat(80_000) }
    expect(read(flow, sized, skillText(front, wide)).digest).toMatch(/^[0-9a-f]{64}$/)
    const paths = Array.from({ length: 500 }, (_, index) => [`${'p'.repeat(200)}/${index}`, ''] as const)
    const shown = refusalOf(() => read(flow, Object.fromEntries(paths), skillText(front, wide)))
    expect(shown).toMatch(/as a message, 245760/)
    expect(refusalOf(() => read('', { 'assets/a': 'a\0' }))).toMatch(/"assets\/a": text has no NUL/)
    expect(refusalOf(() => read('', { 'assets/a': '', 'assets/a/b': '' }))).toMatch(
      /assets\/a cannot be a file/,
    )
    const encoded = (content: string, encoding: string) =>
      read('', { a: { content, encoding: encoding as 'base64', executable: false } })
    expect(refusalOf(() => encoded('AAA', 'base64'))).toMatch(/utf8 or base64, and the content as that says/)
    expect(refusalOf(() => encoded('', 'latin1'))).toMatch(/utf8 or base64/)
    expect(refusalOf(() => read('', { a: 5 as unknown as string }))).toMatch(/must be text, or have content/)
  })
})

function step(id: string, following = false): string {
  return `${following ? '' : 'steps:\n'}  - { id: ${id}, call: bash, arguments: { command: x } }\n`
}

function ref(to: string): string {
  return `steps: [{ id: a, call: bash, arguments: { args: [{ ref: ${to} }] } }]`
}
