import { execFile } from 'node:child_process'
import { chmod, link, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const skillsFolder = dirname(fileURLToPath(import.meta.url))
let workspace = ''
let folder = ''

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'skill-workspace-'))
  folder = await mkdtemp(join(tmpdir(), 'skill-input-'))
})
afterEach(async () => {
  for (const path of [workspace, folder]) await rm(path, { recursive: true, force: true })
})

const put = async (name: string, content: string | Buffer) => {
  await mkdir(dirname(join(folder, name)), { recursive: true })
  await writeFile(join(folder, name), content)
}
const report = async (script: string, ...args: string[]) => {
  const { stdout } = await run(process.execPath, [join(skillsFolder, script), ...args], {
    cwd: workspace,
    maxBuffer: 1 << 20,
  })
  return stdout
}
const artifact = async (name: string) =>
  JSON.parse(await readFile(join(workspace, 'artifacts', name), 'utf8'))
const summaryOf = (text: string) => text.split('\n')[2] ?? ''

const INVENTORY = 'package-licences/scripts/inventory.mjs'
const DUPLICATES = 'duplicate-files/scripts/duplicates.mjs'
const USAGE = 'disk-usage/scripts/usage.mjs'
const MANIFEST = 'checksum-manifest/scripts/manifest.mjs'
const CSV = 'csv-summary/scripts/summary.mjs'
const ERRORS = 'log-errors/scripts/errors.mjs'
const STATISTICS = 'source-statistics/scripts/statistics.mjs'
const ODD_NAMES = ['two\nlines.txt', '-n', 'a | b.txt', '$(id).txt', 'ü ñ.txt', "it's.txt"]

describe('package-licences', () => {
  const installed = (path: string, manifest: object | string) =>
    put(`${path}/package.json`, typeof manifest === 'string' ? manifest : JSON.stringify(manifest))

  it('finds scoped, nested and old-style packages with their licences and sizes', async () => {
    await installed('node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT' })
    await put('node_modules/a/big.bin', Buffer.alloc(200_000, 1))
    await installed('node_modules/a/node_modules/b', {
      name: 'b',
      version: '2.0.0',
      licenses: [{ type: 'ISC' }, { type: 'MIT' }],
    })
    await installed('node_modules/@s/c', { name: '@s/c', version: '3.0.0', license: { type: 'Apache-2.0' } })
    await installed('node_modules/d', { name: 'd', version: '4.0.0' })
    await put(
      'node_modules/d/LICENCE.md',
      'Permission is hereby granted, free of charge, to any person obtaining a copy',
    )
    await installed('node_modules/e', { name: 'e', version: '5.0.0' })
    await installed('node_modules/f', '{ broken')
    await put('node_modules/a/lib/package.json', '{"type":"module"}')
    await symlink(join(folder, 'node_modules/a'), join(folder, 'node_modules/linked'))
    const text = await report(INVENTORY, folder, '3')
    const { packages, totals } = await artifact('packages.json')
    expect(packages.map((one: { name: string; licence: string }) => [one.name, one.licence])).toEqual([
      ['@s/c', 'Apache-2.0'],
      ['a', 'MIT'],
      ['b', 'ISC OR MIT'],
      ['d', 'MIT'],
      ['e', ''],
      ['f', ''],
    ])
    expect(totals).toMatchObject({ packages: 6, links: 1, unreadable: 0 })
    expect(packages[1].sizeBytes).toBeGreaterThan(200_000)
    expect(summaryOf(text)).toMatch(
      /^6 installed packages under 3 licences .*largest package a@1\.0\.0.*2 are without/,
    )
    expect(text).toContain('- e@5.0.0 in node_modules/e')
  })
  it('reads the packages of this repository well within its time limit', async () => {
    const before = performance.now()
    await report(INVENTORY, join(skillsFolder, '..', 'node_modules'), '20')
    expect(performance.now() - before).toBeLessThan(20_000)
    const { packages } = await artifact('packages.json')
    expect(packages.length).toBeGreaterThan(300)
    expect(packages.find((one: { name: string }) => one.name === 'typescript')?.licence).toBe('Apache-2.0')
  })
})

describe('duplicate-files', () => {
  it('groups equal contents, and neither links nor files that only look alike', async () => {
    const start = 'x'.repeat(5_000)
    await put('one.txt', `${start}1`)
    await put('sub/copy of one.txt', `${start}1`)
    await put('other.txt', `${start}2`)
    await put('empty-1', '')
    await put('empty-2', '')
    await symlink(join(folder, 'one.txt'), join(folder, 'linked'))
    await link(join(folder, 'other.txt'), join(folder, 'other-hard'))
    const text = await report(DUPLICATES, folder)
    const { groups, totals } = await artifact('duplicates.json')
    expect(groups.map(({ names }: { names: string[] }) => names)).toEqual([
      ['one.txt', 'sub/copy of one.txt'],
    ])
    expect(totals).toMatchObject({ copies: 1, wastedBytes: 5_001, links: 1 })
    expect(summaryOf(text)).toBe(
      '1 file of 6 is a copy of another one, in 1 group; removing the copies would free 4.9 KiB.',
    )
  })
})

describe('checksum-manifest', () => {
  it('writes what sha256sum accepts, odd names included, and finds every difference', async () => {
    for (const name of ODD_NAMES) await put(name, name)
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff, 0x66])]), 'not utf-8')
    await report(MANIFEST, 'create', folder)
    const manifest = join(workspace, 'artifacts', 'SHA256SUMS')
    await run('sha256sum', ['--check', '--strict', '--quiet', manifest], { cwd: folder })
    expect(summaryOf(await report(MANIFEST, 'verify', folder, manifest))).toContain(
      '7 unchanged, 0 changed, 0 missing',
    )

    await put('two\nlines.txt', 'changed')
    await rm(join(folder, '-n'))
    await put('new.txt', '')
    const text = await report(MANIFEST, 'verify', folder, manifest)
    expect(summaryOf(text)).toBe(
      'The folder differs from the manifest: 5 unchanged, 1 changed, 1 missing, 1 not listed, 0 unreadable lines of the manifest.',
    )
    expect(await artifact('verification.json')).toMatchObject({
      changed: ['two\nlines.txt'],
      missing: ['-n'],
      notListed: ['new.txt'],
    })
  })
  it('does not open files outside the folder that a manifest names', async () => {
    await put('SHA256SUMS', `${'0'.repeat(64)}  ../../../etc/passwd\nnonsense\n`)
    const text = await report(MANIFEST, 'verify', folder, 'SHA256SUMS')
    expect(summaryOf(text)).toContain('0 unchanged, 0 changed, 1 missing, 0 not listed, 1 unreadable')
  })
})

describe('disk-usage', () => {
  it('ranks files and folders by the blocks they occupy', async () => {
    await put('small.txt', 'x')
    await put('deep/er/large.bin', Buffer.alloc(300_000, 1))
    await symlink('/', join(folder, 'root'))
    const text = await report(USAGE, folder, '2')
    const usage = await artifact('disk-usage.json')
    expect(usage.largestFiles[0].name).toBe('deep/er/large.bin')
    expect(usage.largestFolders.map(({ name }: { name: string }) => name)).toEqual(['deep', 'deep/er'])
    expect(usage.totals).toMatchObject({ files: 2, folders: 3, links: 1 })
    expect(summaryOf(text)).toContain('the largest file is deep/er/large.bin')
  })
})

describe('csv-summary', () => {
  it('tells types, missing values and figures, also of quoted fields and other delimiters', async () => {
    await put('a.csv', '\uFEFFid,name,day\r\n1,"Meyer, ""A""\nB",2026-01-02\r\n3,,2025-12-31\r\n')
    await put('b.csv', 'x;y\n1;n/a\n2;5\n')
    const text = await report(CSV, folder)
    const { files } = await artifact('csv-summary.json')
    expect(files[0].columns).toMatchObject([
      { name: 'id', type: 'number', min: 1, max: 3, mean: 2, missing: 0 },
      { name: 'name', type: 'text', missing: 1, min: 'Meyer, "A"\nB' },
      { name: 'day', type: 'date', min: '2025-12-31', max: '2026-01-02' },
    ])
    expect(files[1].columns).toMatchObject([
      { name: 'x', mean: 1.5 },
      { name: 'y', missing: 1, mean: 5 },
    ])
    expect(summaryOf(text)).toBe('2 files with 4 rows and 5 columns; 2 values missing.')
  })
})

describe('log-errors', () => {
  it('counts errors by kind and hour and ignores lines that deny one', async () => {
    await put(
      'app.log',
      [
        '2026-03-01T10:15:00Z ERROR request 17 failed: timeout after 300 ms',
        '2026-03-01T10:59:59Z ERROR request 99 failed: timeout after 12 ms',
        '2026-03-01T11:00:00Z TypeError: x is undefined',
        '2026-03-01T11:00:01Z INFO finished with 0 errors',
        '2026-03-01T11:00:02Z WARN slow',
        '2026-03-01T11:00:03Z INFO unpacked liberror-perl',
      ].join('\n'),
    )
    await put('picture.png', 'ERROR')
    const text = await report(ERRORS, folder)
    const { kinds, hours, totals } = await artifact('log-errors.json')
    expect(kinds.map(({ kind, count }: { kind: string; count: number }) => [count, kind])).toEqual([
      [2, 'ERROR request <n> failed: timeout after <n> ms'],
      [1, 'TypeError: x is undefined'],
    ])
    expect(hours).toEqual([
      { hour: '2026-03-01 10:00', count: 2 },
      { hour: '2026-03-01 11:00', count: 1 },
    ])
    expect(totals).toMatchObject({ files: 1, errors: 3, warnings: 1, lines: 6 })
    expect(summaryOf(text)).toContain('the worst hour is 2026-03-01 10:00 with 2 errors')
  })
})

describe('source-statistics', () => {
  it('counts code, comments and blank lines per language and lists open comments', async () => {
    await put('src/a.ts', '// TODO: less\n/* one\n two */\nconst a = 1 // why\n\n')
    await put('tool.py', '# FIXME later\nprint(1)\n')
    await put('node_modules/x/index.js', 'var x\n')
    await report(STATISTICS, folder)
    const { languages, marks } = await artifact('source-statistics.json')
    expect(languages).toEqual([
      { language: 'Python', files: 1, lines: 2, code: 1, comments: 1, blank: 0 },
      { language: 'TypeScript', files: 1, lines: 5, code: 1, comments: 3, blank: 1 },
    ])
    expect(marks).toEqual([
      { kind: 'TODO', file: 'src/a.ts', line: 1, note: 'less' },
      { kind: 'FIXME', file: 'tool.py', line: 1, note: 'later' },
    ])
  })
})

const scripts: [string, string[]][] = [
  [INVENTORY, []],
  [DUPLICATES, []],
  [MANIFEST, ['create']],
  [USAGE, []],
  [CSV, []],
  [ERRORS, []],
  [STATISTICS, []],
]

describe.each(scripts)('every script: %s', (script, before) => {
  it('reports an empty folder in words', async () => {
    expect(summaryOf(await report(script, ...before, folder))).toMatch(/\w.*\.$/)
  })
  it('survives odd names and entries that cannot be read, and gives the same bytes twice', async () => {
    for (const name of ODD_NAMES) {
      await put(name, 'error\n')
      await put(`${name}.d/${name}.csv`, 'a,b\n1,2\n')
      await put(`${name}.d/${name}.log`, 'error\n')
    }
    await symlink(folder, join(folder, 'circle'))
    await symlink('nowhere', join(folder, 'broken'))
    await mkdir(join(folder, 'closed'))
    await chmod(join(folder, 'closed'), 0)
    const first = await report(script, ...before, folder)
    expect(await report(script, ...before, folder)).toBe(first)
    expect(first.split('\n').every((line) => !line.includes('\r'))).toBe(true)
    await chmod(join(folder, 'closed'), 0o700)
  })
  it('says what is wrong with a folder that is not there', async () => {
    await expect(report(script, ...before, join(folder, 'absent'))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Cannot read'),
    })
  })
  it('says how it is used when the folder is not given', async () => {
    await expect(report(script)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') })
  })
})

describe('the folders of the skills', () => {
  it('follow the Agent Skills format and have a sidecar that runs scripts they contain', async () => {
    const names = (await readdir(skillsFolder, { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    )
    expect(names.length).toBeGreaterThanOrEqual(6)
    for (const { name } of names) {
      const text = await readFile(join(skillsFolder, name, 'SKILL.md'), 'utf8')
      const sidecar = await readFile(join(skillsFolder, name, 'guildhall.yaml'), 'utf8')
      expect(text).toMatch(
        new RegExp(`^---\nname: ${name}\ndescription: .{40,1024}\nlicense: Apache-2.0\nallowed-tools: `),
      )
      expect(name).toMatch(/^[a-z0-9-]{1,64}$/)
      expect(sidecar.split('parameters:')[0]?.match(/^ {2}- /gm)?.length).toBeGreaterThanOrEqual(5)
      const used = [...sidecar.matchAll(/\$SKILL\/(scripts\/[\w.-]+)/g)].map((match) => match[1] ?? '')
      expect(used.length).toBeGreaterThan(0)
      for (const script of used)
        expect((await readFile(join(skillsFolder, name, script))).length).toBeGreaterThan(0)
    }
  })
})
