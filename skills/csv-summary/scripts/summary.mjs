// Usage: summary.mjs FILE_OR_FOLDER [DELIMITER]   prints the report, writes artifacts/csv-summary.json
import { closeSync, lstatSync, mkdirSync, openSync, readSync, readdirSync, writeFileSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { join, relative } from 'node:path'

const [target, given = 'auto'] = process.argv.slice(2)
const DELIMITERS = { auto: '', comma: ',', semicolon: ';', tab: '\t', pipe: '|' }
if (!target || !(given in DELIMITERS)) {
  console.error('Usage: summary.mjs FILE_OR_FOLDER [auto|comma|semicolon|tab|pipe]')
  process.exit(2)
}

const MOST_FILES = 50
const MOST_COLUMNS = 500
const MOST_DISTINCT = 10_000
const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '-'])
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/
const byBytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

let unreadable = 0
const filesBelow = (path) => {
  try {
    return readdirSync(path, { withFileTypes: true })
      .sort((a, b) => byBytes(a.name, b.name))
      .flatMap((entry) => {
        if (entry.isDirectory())
          return entry.name === 'node_modules' ? [] : filesBelow(join(path, entry.name))
        return entry.isFile() && /\.(?:csv|tsv)$/i.test(entry.name) ? [join(path, entry.name)] : []
      })
  } catch {
    unreadable += 1
    return []
  }
}

const chunksOf = function* (path) {
  const file = openSync(path, 'r')
  const buffer = Buffer.allocUnsafe(1 << 20)
  const decoder = new StringDecoder('utf8')
  try {
    for (let first = true; ; first = false) {
      const read = readSync(file, buffer, 0, buffer.length, null)
      const text = read === 0 ? decoder.end() : decoder.write(buffer.subarray(0, read))
      yield first ? text.replace(/^\uFEFF/, '') : text
      if (read === 0) return
    }
  } finally {
    closeSync(file)
  }
}

const delimiterOf = (text) => {
  if (given !== 'auto') return DELIMITERS[given]
  const head = text.split('\n', 1)[0].replace(/"[^"]*"/g, '')
  const counts = [',', ';', '\t', '|'].map((sign) => [sign, head.split(sign).length])
  return counts.sort((a, b) => b[1] - a[1])[0][0]
}

/** Rows by RFC 4180: quoted fields may hold delimiters, line ends and doubled quotes. */
const rowsOf = function* (path) {
  let delimiter
  let row = []
  let field = ''
  let quoted = false
  let closing = false
  let afterReturn = false
  for (const chunk of chunksOf(path)) {
    delimiter ??= delimiterOf(chunk)
    for (const character of chunk) {
      if (closing) {
        closing = false
        if (character === '"') {
          field += '"'
          continue
        }
        quoted = false
      }
      if (quoted) {
        if (character === '"') closing = true
        else field += character
        continue
      }
      const skipsLineFeed = afterReturn && character === '\n'
      afterReturn = character === '\r'
      if (skipsLineFeed) continue
      if (character === '"' && field === '') quoted = true
      else if (character === delimiter) {
        row.push(field)
        field = ''
      } else if (character === '\n' || character === '\r') {
        row.push(field)
        yield row
        row = []
        field = ''
      } else field += character
    }
  }
  if (field !== '' || row.length > 0) yield [...row, field]
}

const newColumn = (name) => ({
  name,
  filled: 0,
  missing: 0,
  numbers: 0,
  dates: 0,
  min: null,
  max: null,
  mean: 0,
  first: null,
  last: null,
  values: new Set(),
  longest: 0,
})
const take = (column, raw) => {
  const value = raw.trim()
  if (MISSING.has(value.toLowerCase())) {
    column.missing += 1
    return
  }
  column.filled += 1
  column.longest = Math.max(column.longest, value.length)
  if (column.values.size <= MOST_DISTINCT) column.values.add(value.slice(0, 200))
  if (NUMBER.test(value)) {
    const number = Number(value)
    column.numbers += 1
    column.min = column.min === null ? number : Math.min(column.min, number)
    column.max = column.max === null ? number : Math.max(column.max, number)
    column.mean += (number - column.mean) / column.numbers
  } else if (DATE.test(value)) column.dates += 1
  if (column.first === null || value < column.first) column.first = value.slice(0, 60)
  if (column.last === null || value > column.last) column.last = value.slice(0, 60)
}
const typeOf = ({ filled, numbers, dates }) =>
  filled === 0
    ? 'empty'
    : numbers === filled
      ? 'number'
      : dates === filled
        ? 'date'
        : numbers + dates > 0.5 * filled
          ? 'mixed'
          : 'text'

const summarised = (path) => {
  let columns
  let rows = 0
  let ragged = 0
  for (const row of rowsOf(path)) {
    if (row.length === 1 && row[0].trim() === '') continue
    if (columns === undefined) {
      columns = row
        .slice(0, MOST_COLUMNS)
        .map((name, place) => newColumn(name.trim() || `column ${place + 1}`))
      columns.width = row.length
      continue
    }
    rows += 1
    if (row.length !== columns.width) ragged += 1
    columns.forEach((column, place) => take(column, row[place] ?? ''))
  }
  const described = (columns ?? []).map((column) => {
    const type = typeOf(column)
    const range =
      type === 'number'
        ? { min: column.min, max: column.max, mean: column.mean }
        : { min: column.first, max: column.last, mean: null }
    const distinct = column.values.size > MOST_DISTINCT ? `more than ${MOST_DISTINCT}` : column.values.size
    return { name: column.name, type, filled: column.filled, missing: column.missing, distinct, ...range }
  })
  return { rows, ragged, columns: described, moreColumns: Math.max(0, (columns?.width ?? 0) - MOST_COLUMNS) }
}

let paths
let root = target
try {
  const stat = lstatSync(target)
  if (stat.isDirectory()) paths = filesBelow(target)
  else if (stat.isFile()) {
    paths = [target]
    root = join(target, '..')
  } else throw new Error('it is neither a file nor a folder')
} catch (error) {
  console.error(`Cannot read ${target}: ${error.message}`)
  process.exit(1)
}

const cell = (value) =>
  String(value)
    .slice(0, 80)
    .replace(/[\u0000-\u001f\u007f]/g, '?')
    .replace(/([|\\`<])/g, '\\$1')
const figure = (value) =>
  typeof value === 'number' ? String(Number(value.toPrecision(8))) : value === null ? '' : cell(value)
const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`
const files = []
for (const path of paths.slice(0, MOST_FILES)) {
  try {
    files.push({ file: relative(root, path), ...summarised(path) })
  } catch {
    unreadable += 1
  }
}
const rows = files.reduce((sum, file) => sum + file.rows, 0)
const missing = files.reduce(
  (sum, file) => sum + file.columns.reduce((all, column) => all + column.missing, 0),
  0,
)
const columns = files.reduce((sum, file) => sum + file.columns.length, 0)
const summary =
  files.length === 0
    ? 'No CSV or TSV file was found.'
    : `${plural(files.length, 'file')} with ${plural(rows, 'row')} and ${plural(columns, 'column')}; ${plural(missing, 'value')} missing.`
const lines = ['# Summary of CSV files', '', summary]
for (const file of files) {
  lines.push(
    '',
    `## ${cell(file.file)}: ${plural(file.rows, 'row')}, ${plural(file.columns.length + file.moreColumns, 'column')}`,
    '',
  )
  if (file.ragged > 0)
    lines.push(`${plural(file.ragged, 'row')} with another number of fields than the header.`, '')
  lines.push(
    '| column | type | filled | missing | distinct | min | max | mean |',
    '| --- | --- | ---: | ---: | ---: | --- | --- | ---: |',
  )
  for (const one of file.columns) {
    lines.push(
      `| ${cell(one.name)} | ${one.type} | ${one.filled} | ${one.missing} | ${one.distinct} | ${figure(one.min)} | ${figure(one.max)} | ${figure(one.mean)} |`,
    )
  }
}
if (paths.length > MOST_FILES)
  lines.push('', `Only the first ${MOST_FILES} of ${paths.length} files were read.`)
if (unreadable > 0) lines.push('', `${plural(unreadable, 'entry', 'entries')} could not be read.`)

mkdirSync('artifacts', { recursive: true })
writeFileSync('artifacts/csv-summary.json', `${JSON.stringify({ files, unreadable }, null, 1)}\n`)
console.log(lines.join('\n'))
