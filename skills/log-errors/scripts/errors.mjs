// Usage: errors.mjs FILE_OR_FOLDER [TOP]   prints the report, writes artifacts/log-errors.json
import { closeSync, lstatSync, mkdirSync, openSync, readSync, readdirSync, writeFileSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { join, relative } from 'node:path'

const [target, topText = '20'] = process.argv.slice(2)
const top = Number(topText)
if (!target || !Number.isInteger(top) || top < 1) {
  console.error('Usage: errors.mjs FILE_OR_FOLDER [TOP]; TOP is a whole number from 1.')
  process.exit(2)
}

const LOG_FILE = /(?:\.log(?:\.\d+)?|\.out|\.err|\.jsonl|\.ndjson)$|^(?:syslog|messages|dmesg)(?:\.\d+)?$/i
const ERROR =
  /(?<![\w-])(?:error|err|fatal|critical|crit|panic|emerg|severe|exception)(?![\w-])|"level":\s*(?:"(?:error|fatal)"|[56]0)\b/i
const ERROR_NAME = /\b[A-Z]\w*(?:Error|Exception)\b/
const DENIAL = /\b(?:0|no|without) errors?\b|\berrors?[:=] ?0\b/i
const WARNING = /\bwarn(?:ing)?\b|"level":\s*40\b/i
const HOUR = /(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}):\d{2}/
const SHORT_HOUR = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):\d{2}:\d{2}\b/
const ACCESS_HOUR = /\[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):\d{2}/
const LONGEST_LINE = 4_000
const MOST_KINDS = 20_000
const byBytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

let unreadable = 0
const filesBelow = (path) => {
  try {
    return readdirSync(path, { withFileTypes: true })
      .sort((a, b) => byBytes(a.name, b.name))
      .flatMap((entry) => {
        if (entry.isDirectory())
          return entry.name === 'node_modules' ? [] : filesBelow(join(path, entry.name))
        return entry.isFile() && LOG_FILE.test(entry.name) ? [join(path, entry.name)] : []
      })
  } catch {
    unreadable += 1
    return []
  }
}

const linesOf = function* (path) {
  const file = openSync(path, 'r')
  const buffer = Buffer.allocUnsafe(1 << 20)
  const decoder = new StringDecoder('utf8')
  let rest = ''
  try {
    for (;;) {
      const read = readSync(file, buffer, 0, buffer.length, null)
      if (read === 0) break
      const lines = (rest + decoder.write(buffer.subarray(0, read))).split('\n')
      rest = lines.pop().slice(0, LONGEST_LINE)
      yield* lines
    }
    if (rest !== '') yield rest
  } finally {
    closeSync(file)
  }
}

const hourOf = (line) => {
  const iso = HOUR.exec(line)
  if (iso) return `${iso[1]}-${iso[2]}-${iso[3]} ${iso[4]}:00`
  const access = ACCESS_HOUR.exec(line)
  if (access) return `${access[1]} ${access[2]} ${access[3]} ${access[4]}:00`
  const short = SHORT_HOUR.exec(line)
  return short ? `${short[1]} ${short[2].padStart(2, '0')} ${short[3]}:00` : 'no time'
}

/** Two lines are of one kind when they differ in times, numbers, ids, addresses and paths only. */
const kindOf = (line) =>
  line
    .replace(/^[\s[]*\d{4}[-/]\d{2}[-/]\d{2}[T ][\d:.,]+(?:Z|[+-]\d{2}:?\d{2})?\]?\s*/, '')
    .replace(/^[A-Z][a-z]{2} +\d{1,2} [\d:]+ (?:\S+ )?/, '')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>')
    .replace(/\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<id>')
    .replace(/"[^"]{0,200}"|'[^']{0,200}'/g, (text) =>
      /["'](?:level|msg|message|error)["']/.test(text) ? text : '<text>',
    )
    .replace(/(?:\/[\w.@+-]+){2,}/g, '<path>')
    .replace(/\d+/g, '<n>')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200)

const kinds = new Map()
const hours = new Map()
const perFile = []
let lines = 0
let errors = 0
let warnings = 0
let otherKinds = 0
const read = (path, name) => {
  const mine = { file: name, lines: 0, errors: 0, warnings: 0 }
  for (const long of linesOf(path)) {
    const line = long.slice(0, LONGEST_LINE)
    mine.lines += 1
    if (!(ERROR.test(line) || ERROR_NAME.test(line)) || DENIAL.test(line)) {
      if (WARNING.test(line)) mine.warnings += 1
      continue
    }
    mine.errors += 1
    const hour = hourOf(line)
    hours.set(hour, (hours.get(hour) ?? 0) + 1)
    const kind = kindOf(line)
    const known = kinds.get(kind)
    if (known) {
      known.count += 1
      known.lastHour = hour
    } else if (kinds.size < MOST_KINDS)
      kinds.set(kind, { kind, count: 1, firstHour: hour, lastHour: hour, example: `${name}:${mine.lines}` })
    else otherKinds += 1
  }
  perFile.push(mine)
  lines += mine.lines
  errors += mine.errors
  warnings += mine.warnings
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
for (const path of paths) {
  try {
    read(path, relative(root, path))
  } catch {
    unreadable += 1
  }
}

const cell = (text) =>
  String(text)
    .replace(/[\u0000-\u001f\u007f]/g, '?')
    .replace(/([|\\`<])/g, '\\$1')
const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`
const frequent = [...kinds.values()]
  .sort((a, b) => b.count - a.count || byBytes(a.kind, b.kind))
  .slice(0, top)
const perHour = [...hours].sort(([a], [b]) => byBytes(a, b))
const worst = [...perHour].sort(([a, x], [b, y]) => y - x || byBytes(a, b))[0]
const summary =
  paths.length === 0
    ? 'No log file was found.'
    : errors === 0
      ? `No error in ${plural(lines, 'line')} of ${plural(perFile.length, 'log file')}; ${plural(warnings, 'warning')}.`
      : `${plural(errors, 'error line')} of ${plural(kinds.size, 'kind')} and ${plural(warnings, 'warning')} in ${plural(lines, 'line')} of ` +
        `${plural(perFile.length, 'log file')}; the most frequent kind occurs ${plural(frequent[0].count, 'time')}` +
        (worst[0] === 'no time' ? '.' : `, the worst hour is ${worst[0]} with ${plural(worst[1], 'error')}.`)
const report = ['# Errors in the logs', '', summary]
if (errors > 0) {
  report.push(
    '',
    `## Kinds (top ${frequent.length})`,
    '',
    '| errors | first | last | kind | first seen at |',
    '| ---: | --- | --- | --- | --- |',
  )
  for (const one of frequent)
    report.push(
      `| ${one.count} | ${one.firstHour} | ${one.lastHour} | ${cell(one.kind)} | ${cell(one.example)} |`,
    )
  report.push('', '## Errors per hour', '', '| hour | errors |', '| --- | ---: |')
  for (const [hour, count] of perHour.slice(-200)) report.push(`| ${hour} | ${count} |`)
  if (perHour.length > 200)
    report.push('', `${perHour.length - 200} earlier hours are only in log-errors.json.`)
}
const noisy = perFile
  .filter((one) => one.errors + one.warnings > 0)
  .sort((a, b) => b.errors - a.errors || byBytes(a.file, b.file))
if (noisy.length > 0) {
  report.push('', '## Files', '', '| file | lines | errors | warnings |', '| --- | ---: | ---: | ---: |')
  for (const one of noisy.slice(0, top))
    report.push(`| ${cell(one.file)} | ${one.lines} | ${one.errors} | ${one.warnings} |`)
}
if (otherKinds > 0)
  report.push('', `${plural(otherKinds, 'error line')} of further kinds are counted but not told apart.`)
if (unreadable > 0) report.push('', `${plural(unreadable, 'entry', 'entries')} could not be read.`)

mkdirSync('artifacts', { recursive: true })
const asHour = ([hour, count]) => ({ hour, count })
const found = {
  totals: { files: perFile.length, lines, errors, warnings, unreadable },
  kinds: frequent,
  hours: perHour.map(asHour),
  files: perFile,
}
writeFileSync('artifacts/log-errors.json', `${JSON.stringify(found, null, 1)}\n`)
console.log(report.join('\n'))
