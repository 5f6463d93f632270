// Usage: statistics.mjs FOLDER [TOP]   prints the report, writes artifacts/source-statistics.json
import { lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'

const [folder, topText = '20'] = process.argv.slice(2)
const top = Number(topText)
if (!folder || !Number.isInteger(top) || top < 1) {
  console.error('Usage: statistics.mjs FOLDER [TOP]; TOP is a whole number from 1.')
  process.exit(2)
}

const C = { line: ['//'], block: ['/*', '*/'] }
const HASH = { line: ['#'] }
const XML = { line: [], block: ['<!--', '-->'] }
const LANGUAGES = [
  ['TypeScript', '.ts .tsx .mts .cts', C],
  ['JavaScript', '.js .jsx .mjs .cjs', C],
  ['C', '.c .h', C],
  ['C++', '.cc .cpp .cxx .hpp .hh', C],
  ['C#', '.cs', C],
  ['Java', '.java', C],
  ['Kotlin', '.kt .kts', C],
  ['Scala', '.scala', C],
  ['Go', '.go', C],
  ['Rust', '.rs', C],
  ['Swift', '.swift', C],
  ['PHP', '.php', { line: ['//', '#'], block: ['/*', '*/'] }],
  ['CSS', '.css .scss .less', C],
  ['Python', '.py .pyi', HASH],
  ['Ruby', '.rb', HASH],
  ['Perl', '.pl .pm', HASH],
  ['Shell', '.sh .bash .zsh', HASH],
  ['R', '.r', HASH],
  ['YAML', '.yaml .yml', HASH],
  ['TOML', '.toml', HASH],
  ['SQL', '.sql', { line: ['--'], block: ['/*', '*/'] }],
  ['Lua', '.lua', { line: ['--'] }],
  ['Haskell', '.hs', { line: ['--'], block: ['{-', '-}'] }],
  ['HTML', '.html .htm .vue .svelte', XML],
  ['XML', '.xml .svg', XML],
  ['Markdown', '.md', { line: [] }],
  ['JSON', '.json .jsonc', { line: [] }],
]
const byEnding = new Map(
  LANGUAGES.flatMap(([name, endings, syntax]) =>
    endings.split(' ').map((ending) => [ending, { name, syntax }]),
  ),
)
const SKIPPED_FOLDERS = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  'dist',
  'build',
  'target',
  'vendor',
  '.venv',
  '__pycache__',
  'coverage',
])
const LARGEST_SOURCE_BYTES = 2 * 1024 * 1024
const MARK = /\b(TODO|FIXME|HACK|XXX)\b[:\s(]*(.{0,120})/
const byBytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

let unreadable = 0
let links = 0
let skippedFolders = 0
let skippedFiles = 0
const languages = new Map()
const files = []
const marks = []

const count = (text, { line: starts, block }) => {
  const counted = { lines: 0, code: 0, comments: 0, blank: 0 }
  let inBlock = false
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  for (const raw of lines) {
    const line = raw.trim()
    counted.lines += 1
    if (line === '') counted.blank += 1
    else if (inBlock) {
      counted.comments += 1
      if (line.includes(block[1])) inBlock = false
    } else if (starts.some((start) => line.startsWith(start))) counted.comments += 1
    else if (block && line.startsWith(block[0])) {
      counted.comments += 1
      inBlock = !line.slice(block[0].length).includes(block[1])
    } else counted.code += 1
  }
  return counted
}

const walk = (path) => {
  let entries = []
  try {
    entries = readdirSync(path, { withFileTypes: true })
  } catch {
    unreadable += 1
  }
  for (const entry of entries.sort((a, b) => byBytes(a.name, b.name))) {
    const child = join(path, entry.name)
    if (entry.isSymbolicLink()) links += 1
    else if (entry.isDirectory()) {
      if (SKIPPED_FOLDERS.has(entry.name)) skippedFolders += 1
      else walk(child)
    } else if (entry.isFile()) readSource(child, byEnding.get(extname(entry.name).toLowerCase()))
  }
}

function readSource(path, language) {
  if (!language) {
    skippedFiles += 1
    return
  }
  try {
    if (lstatSync(path).size > LARGEST_SOURCE_BYTES) {
      skippedFiles += 1
      return
    }
    const text = readFileSync(path, 'utf8')
    const counted = count(text, language.syntax)
    const total = languages.get(language.name) ?? { files: 0, lines: 0, code: 0, comments: 0, blank: 0 }
    languages.set(language.name, {
      files: total.files + 1,
      lines: total.lines + counted.lines,
      code: total.code + counted.code,
      comments: total.comments + counted.comments,
      blank: total.blank + counted.blank,
    })
    const file = relative(folder, path)
    files.push({ file, language: language.name, ...counted })
    if (language.name === 'Markdown' || language.name === 'JSON' || !/TODO|FIXME|HACK|XXX/.test(text)) return
    text.split('\n').forEach((line, index) => {
      const [, kind, note] = MARK.exec(line) ?? []
      if (kind) marks.push({ kind, file, line: index + 1, note: note.trim() })
    })
  } catch {
    unreadable += 1
  }
}

try {
  if (!lstatSync(folder).isDirectory()) throw new Error('it is not a folder')
} catch (error) {
  console.error(`Cannot read ${folder}: ${error.message}`)
  process.exit(1)
}
walk(folder)

const cell = (text) =>
  String(text)
    .replace(/[\u0000-\u001f\u007f]/g, '?')
    .replace(/([|\\`<])/g, '\\$1')
const plural = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`
const ranked = [...languages].sort(([a, x], [b, y]) => y.code - x.code || byBytes(a, b))
const largest = [...files].sort((a, b) => b.lines - a.lines || byBytes(a.file, b.file)).slice(0, top)
const code = ranked.reduce((sum, [, one]) => sum + one.code, 0)
const summary =
  files.length === 0
    ? 'No source files of a known language were found.'
    : `${plural(files.length, 'source file')} in ${plural(ranked.length, 'language')} hold ${plural(code, 'line')} of code, most of it ${ranked[0][0]} ` +
      `(${ranked[0][1].code}); the longest file is ${cell(largest[0].file)} with ${plural(largest[0].lines, 'line')}; ` +
      `${plural(marks.length, 'TODO or FIXME comment')}.`
const lines = ['# Source statistics', '', summary]
if (files.length > 0) {
  lines.push(
    '',
    '## Languages',
    '',
    '| language | files | code | comments | blank |',
    '| --- | ---: | ---: | ---: | ---: |',
  )
  for (const [name, one] of ranked)
    lines.push(`| ${name} | ${one.files} | ${one.code} | ${one.comments} | ${one.blank} |`)
  lines.push(
    '',
    `## Longest files (top ${largest.length})`,
    '',
    '| file | language | lines | code |',
    '| --- | --- | ---: | ---: |',
  )
  for (const one of largest)
    lines.push(`| ${cell(one.file)} | ${one.language} | ${one.lines} | ${one.code} |`)
}
if (marks.length > 0) {
  lines.push('', `## TODO and FIXME comments (${marks.length})`, '')
  for (const one of marks.slice(0, 200))
    lines.push(`- ${one.kind} ${cell(one.file)}:${one.line} ${cell(one.note)}`)
  if (marks.length > 200) lines.push(`- and ${marks.length - 200} more`)
}
const notes = []
if (skippedFolders > 0)
  notes.push(`${plural(skippedFolders, 'folder')} of dependencies or build output left out.`)
if (skippedFiles > 0)
  notes.push(`${plural(skippedFiles, 'file')} of no known language or above 2 MiB left out.`)
if (links > 0) notes.push(`${plural(links, 'symbolic link')} not followed.`)
if (unreadable > 0) notes.push(`${plural(unreadable, 'entry', 'entries')} could not be read.`)
if (notes.length > 0) lines.push('', '## Notes', '', ...notes.map((note) => `- ${note}`))

mkdirSync('artifacts', { recursive: true })
const asLanguage = ([language, one]) => ({ language, ...one })
const statistics = {
  totals: { files: files.length, code, marks: marks.length, unreadable },
  languages: ranked.map(asLanguage),
  largest,
  marks: marks.slice(0, 5000),
}
writeFileSync('artifacts/source-statistics.json', `${JSON.stringify(statistics, null, 1)}\n`)
console.log(lines.join('\n'))
