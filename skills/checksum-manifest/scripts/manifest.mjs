// Usage: manifest.mjs create FOLDER            prints the report, writes artifacts/SHA256SUMS
//        manifest.mjs verify FOLDER MANIFEST   prints the report; exit status 0 also when files differ
import { createHash } from 'node:crypto'
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { isAbsolute, join } from 'node:path'

const [mode, folder, manifestPath = 'SHA256SUMS'] = process.argv.slice(2)
if (!folder || (mode !== 'create' && mode !== 'verify')) {
  console.error('Usage: manifest.mjs create FOLDER | manifest.mjs verify FOLDER MANIFEST')
  process.exit(2)
}

const LISTED = 200

// Names are handled as bytes (latin1), because a file name need not be valid UTF-8.
const asPath = (bytes) => Buffer.from(bytes, 'latin1')
const asText = (bytes) => asPath(bytes).toString('utf8')
const root = Buffer.from(folder).toString('latin1')
const byBytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

let links = 0
const unreadable = []
const names = []
const collect = (path, name) => {
  let entries = []
  try {
    entries = readdirSync(asPath(path), { withFileTypes: true, encoding: 'latin1' })
  } catch {
    unreadable.push(name || '.')
  }
  for (const entry of entries) {
    const childName = name === '' ? entry.name : `${name}/${entry.name}`
    if (entry.isSymbolicLink()) links += 1
    else if (entry.isDirectory()) collect(`${path}/${entry.name}`, childName)
    else if (entry.isFile()) names.push(childName)
  }
}

const buffer = Buffer.allocUnsafe(1 << 20)
let hashedBytes = 0
const digest = (name) => {
  const file = openSync(asPath(`${root}/${name}`), 'r')
  try {
    const hash = createHash('sha256')
    for (;;) {
      const read = readSync(file, buffer, 0, buffer.length, null)
      if (read === 0) return hash.digest('hex')
      hashedBytes += read
      hash.update(buffer.subarray(0, read))
    }
  } finally {
    closeSync(file)
  }
}

// The escapes are those of GNU sha256sum: a leading backslash says that the name has any.
const escapes = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' }
const manifestLine = (sha256, name) => {
  const escaped = name.replace(/[\\\n\r]/g, (character) => escapes[character])
  return `${escaped === name ? '' : '\\'}${sha256}  ${escaped}\n`
}
const LINE = /^(\\?)([0-9a-f]{64}) [ *](.+)$/i
const parsedLine = (line) => {
  const [, slash, sha256, name] = LINE.exec(line) ?? []
  if (name === undefined) return undefined
  const plain = slash
    ? name.replace(/\\([\\nr])/g, (_, c) => (c === 'n' ? '\n' : c === 'r' ? '\r' : '\\'))
    : name
  return { sha256: sha256.toLowerCase(), name: plain.replace(/^(?:\.\/)+/, '') }
}

const inUnits = (bytes) => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${step === 0 ? bytes : (bytes / 1024 ** step).toFixed(1)} ${units[step]}`
}
const cell = (bytes) =>
  asText(bytes)
    .replace(/[\u0000-\u001f\u007f]/g, '?')
    .replace(/([|\\`<])/g, '\\$1')
const plural = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`
const lines = []
const listOf = (title, list) => {
  if (list.length === 0) return
  lines.push(
    '',
    `## ${title} (${list.length})`,
    '',
    ...list.slice(0, LISTED).map((name) => `- ${cell(name)}`),
  )
  if (list.length > LISTED) lines.push(`- and ${list.length - LISTED} more`)
}

try {
  if (!lstatSync(folder).isDirectory()) throw new Error('it is not a folder')
} catch (error) {
  console.error(`Cannot read ${folder}: ${error.message}`)
  process.exit(1)
}
collect(root, '')
names.sort(byBytes)
mkdirSync('artifacts', { recursive: true })

if (mode === 'create') {
  let manifest = ''
  let written = 0
  for (const name of names) {
    try {
      manifest += manifestLine(digest(name), name)
      written += 1
    } catch {
      unreadable.push(name)
    }
  }
  writeFileSync('artifacts/SHA256SUMS', manifest, 'latin1')
  const root256 = createHash('sha256').update(manifest, 'latin1').digest('hex')
  lines.push('# Checksum manifest', '')
  lines.push(
    `SHA256SUMS lists ${plural(written, 'file')} (${inUnits(hashedBytes)}); the SHA-256 of the manifest itself is ${root256}.`,
  )
} else {
  let text
  try {
    text = readFileSync(isAbsolute(manifestPath) ? manifestPath : join(folder, manifestPath), 'latin1')
  } catch (error) {
    console.error(
      `Cannot read the manifest ${manifestPath}: ${error.message}. Name a file in the folder or give its full path.`,
    )
    process.exit(1)
  }
  const present = new Set(names)
  const listed = new Set()
  const changed = []
  const missing = []
  let same = 0
  let malformed = 0
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const entry = parsedLine(line.replace(/\r$/, ''))
    if (entry === undefined) malformed += 1
    else {
      listed.add(entry.name)
      // Only what lies in the folder is opened, whatever path the manifest names.
      if (!present.has(entry.name)) missing.push(entry.name)
      else {
        try {
          if (digest(entry.name) === entry.sha256) same += 1
          else changed.push(entry.name)
        } catch {
          unreadable.push(entry.name)
        }
      }
    }
  }
  const manifestName = isAbsolute(manifestPath) ? '' : manifestPath.replace(/^(?:\.\/)+/, '')
  const added = names.filter((name) => !listed.has(name) && asText(name) !== manifestName)
  const fine = changed.length + missing.length + malformed + unreadable.length === 0
  lines.push('# Verification against the checksum manifest', '')
  lines.push(
    `${fine ? 'Everything in the manifest is unchanged' : 'The folder differs from the manifest'}: ${same} unchanged, ` +
      `${changed.length} changed, ${missing.length} missing, ${added.length} not listed, ${malformed} unreadable lines of the manifest.`,
  )
  listOf('Changed', changed)
  listOf('Missing', missing)
  listOf('Not listed in the manifest', added)
  const listedTexts = {
    changed: changed.map(asText),
    missing: missing.map(asText),
    notListed: added.map(asText),
  }
  const outcome = { unchanged: same, ...listedTexts, malformed, unreadable: unreadable.map(asText) }
  writeFileSync('artifacts/verification.json', `${JSON.stringify(outcome, null, 1)}\n`)
}
listOf('Could not be read', unreadable)
if (links > 0) lines.push('', '## Notes', '', `- ${plural(links, 'symbolic link')} not followed.`)
console.log(lines.join('\n'))
