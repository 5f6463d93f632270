// Usage: duplicates.mjs FOLDER [SMALLEST_BYTES]   prints the report, writes artifacts/duplicates.json
import { createHash } from 'node:crypto'
import { closeSync, lstatSync, mkdirSync, openSync, readSync, readdirSync, writeFileSync } from 'node:fs'

const [folder, smallestText = '1'] = process.argv.slice(2)
const smallest = Number(smallestText)
if (!folder || !Number.isInteger(smallest) || smallest < 0) {
  console.error('Usage: duplicates.mjs FOLDER [SMALLEST_BYTES]; SMALLEST_BYTES is a whole number from 0.')
  process.exit(2)
}

const LISTED_GROUPS = 100
const LISTED_COPIES = 50
const FIRST_BYTES = 4096

// Names are handled as bytes (latin1), because a file name need not be valid UTF-8.
const asPath = (bytes) => Buffer.from(bytes, 'latin1')
const asText = (bytes) => asPath(bytes).toString('utf8')
const root = Buffer.from(folder).toString('latin1')
const byBytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

let unreadable = 0
let links = 0
let count = 0
const bySize = new Map()
const seenInodes = new Set()
const addTo = (map, key, value) => {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

const collect = (path, name) => {
  let entries = []
  try {
    entries = readdirSync(asPath(path), { withFileTypes: true, encoding: 'latin1' })
  } catch {
    unreadable += 1
  }
  for (const entry of entries.sort((a, b) => byBytes(a.name, b.name))) {
    const child = `${path}/${entry.name}`
    const childName = name === '' ? entry.name : `${name}/${entry.name}`
    if (entry.isSymbolicLink()) links += 1
    else if (entry.isDirectory()) collect(child, childName)
    else if (entry.isFile()) {
      try {
        const { size, ino, dev, nlink } = lstatSync(asPath(child))
        count += 1
        const inode = `${dev}:${ino}`
        // A second hard link takes no space, so it is no duplicate.
        if (size < smallest || (nlink > 1 && seenInodes.has(inode))) continue
        if (nlink > 1) seenInodes.add(inode)
        addTo(bySize, size, childName)
      } catch {
        unreadable += 1
      }
    }
  }
}

const buffer = Buffer.allocUnsafe(1 << 20)
const digest = (name, limit) => {
  const file = openSync(asPath(`${root}/${name}`), 'r')
  try {
    const hash = createHash('sha256')
    for (let left = limit; left > 0;) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, left), null)
      if (read === 0) break
      hash.update(buffer.subarray(0, read))
      left -= read
    }
    return hash.digest('hex')
  } finally {
    closeSync(file)
  }
}
const groupedBy = (names, limit) => {
  const groups = new Map()
  for (const name of names) {
    try {
      addTo(groups, digest(name, limit), name)
    } catch {
      unreadable += 1
    }
  }
  return [...groups].filter(([, members]) => members.length > 1)
}

try {
  if (!lstatSync(folder).isDirectory()) throw new Error('it is not a folder')
} catch (error) {
  console.error(`Cannot read ${folder}: ${error.message}`)
  process.exit(1)
}
collect(root, '')
const groups = []
for (const [size, names] of bySize) {
  if (names.length < 2) continue
  for (const [start, alike] of groupedBy(names, FIRST_BYTES)) {
    const same = size <= FIRST_BYTES ? [[start, alike]] : groupedBy(alike, Infinity)
    for (const [sha256, members] of same) groups.push({ sha256, size, names: members.sort(byBytes) })
  }
}
const wasted = ({ size, names }) => size * (names.length - 1)
groups.sort((a, b) => wasted(b) - wasted(a) || byBytes(a.names[0], b.names[0]))

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
const copies = groups.reduce((sum, { names }) => sum + names.length - 1, 0)
const wastedBytes = groups.reduce((sum, group) => sum + wasted(group), 0)
const summary =
  groups.length === 0
    ? `No two of the ${plural(count, 'file')} have the same content.`
    : `${plural(copies, 'file')} of ${count} ${copies === 1 ? 'is a copy' : 'are copies'} of another one, in ${plural(groups.length, 'group')}; ` +
      `removing the copies would free ${inUnits(wastedBytes)}.`

const lines = ['# Duplicate files', '', summary]
for (const group of groups.slice(0, LISTED_GROUPS)) {
  lines.push(
    '',
    `## ${plural(group.names.length, 'file')} of ${inUnits(group.size)}, sha256 ${group.sha256.slice(0, 16)}…`,
    '',
  )
  for (const name of group.names.slice(0, LISTED_COPIES)) lines.push(`- ${cell(name)}`)
  if (group.names.length > LISTED_COPIES) lines.push(`- and ${group.names.length - LISTED_COPIES} more`)
}
const notes = []
if (groups.length > LISTED_GROUPS)
  notes.push(`${groups.length - LISTED_GROUPS} smaller groups are only in duplicates.json.`)
if (smallest > 0) notes.push(`Files smaller than ${plural(smallest, 'byte')} were left out.`)
if (links > 0) notes.push(`${plural(links, 'symbolic link')} not followed.`)
if (unreadable > 0) notes.push(`${plural(unreadable, 'entry', 'entries')} could not be read.`)
if (notes.length > 0) lines.push('', '## Notes', '', ...notes.map((note) => `- ${note}`))

mkdirSync('artifacts', { recursive: true })
const listed = groups.map((group) => ({ ...group, names: group.names.map(asText) }))
const totals = { files: count, groups: groups.length, copies, wastedBytes, links, unreadable }
writeFileSync('artifacts/duplicates.json', `${JSON.stringify({ totals, groups: listed }, null, 1)}\n`)
console.log(lines.join('\n'))
