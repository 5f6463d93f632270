// Usage: usage.mjs FOLDER [TOP]   prints the report, writes artifacts/disk-usage.json
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'

const [folder, topText = '20'] = process.argv.slice(2)
const top = Number(topText)
if (!folder || !Number.isInteger(top) || top < 1) {
  console.error('Usage: usage.mjs FOLDER [TOP]; TOP is a whole number from 1.')
  process.exit(2)
}

// Names are handled as bytes (latin1), because a file name need not be valid UTF-8.
const asPath = (bytes) => Buffer.from(bytes, 'latin1')
const asText = (bytes) => asPath(bytes).toString('utf8')
const root = Buffer.from(folder).toString('latin1')
const byBytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

let unreadable = 0
let links = 0
let special = 0
const files = []
const folders = []
const endings = new Map()
const seenInodes = new Set()

const sum = (path, name) => {
  const total = { name, bytes: 0, files: 0 }
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
    else if (entry.isDirectory()) {
      const below = sum(child, childName)
      total.bytes += below.bytes
      total.files += below.files
    } else if (!entry.isFile()) special += 1
    else {
      try {
        const { blocks, ino, dev, nlink } = lstatSync(asPath(child))
        const inode = `${dev}:${ino}`
        const bytes = nlink > 1 && seenInodes.has(inode) ? 0 : blocks * 512
        if (nlink > 1) seenInodes.add(inode)
        total.bytes += bytes
        total.files += 1
        files.push({ name: childName, bytes })
        const dot = entry.name.lastIndexOf('.')
        const ending = dot > 0 ? entry.name.slice(dot).toLowerCase() : '(none)'
        const kind = endings.get(ending) ?? { name: ending, bytes: 0, files: 0 }
        endings.set(ending, { name: ending, bytes: kind.bytes + bytes, files: kind.files + 1 })
      } catch {
        unreadable += 1
      }
    }
  }
  if (name !== '') folders.push(total)
  return total
}

try {
  if (!lstatSync(folder).isDirectory()) throw new Error('it is not a folder')
} catch (error) {
  console.error(`Cannot read ${folder}: ${error.message}`)
  process.exit(1)
}
const total = sum(root, '')

const inUnits = (bytes) => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${step === 0 ? bytes : (bytes / 1024 ** step).toFixed(1)} ${units[step]}`
}
const cell = (bytes) =>
  asText(bytes)
    .replace(/[\u0000-\u001f\u007f]/g, '?')
    .replace(/([|\\`<])/g, '\\$1')
const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`
const largest = (list) => list.sort((a, b) => b.bytes - a.bytes || byBytes(a.name, b.name)).slice(0, top)
const share = (bytes) => `${total.bytes === 0 ? 0 : ((100 * bytes) / total.bytes).toFixed(1)} %`

const topFiles = largest(files)
const topFolders = largest(folders)
const topEndings = largest([...endings.values()])
const summary =
  total.files === 0
    ? 'The folder holds no files.'
    : `${plural(total.files, 'file')} in ${plural(folders.length + 1, 'folder')} take ${inUnits(total.bytes)} on disk; the largest file is ` +
      `${cell(topFiles[0].name)} (${inUnits(topFiles[0].bytes)})` +
      (topFolders.length > 0
        ? ` and the largest folder ${cell(topFolders[0].name)} (${inUnits(topFolders[0].bytes)}).`
        : '.')

const lines = ['# Disk usage', '', summary]
const table = (title, column, rows, line) => {
  if (rows.length > 0)
    lines.push(
      '',
      `## ${title}`,
      '',
      `| ${column} | size on disk | share |`,
      '| --- | ---: | ---: |',
      ...rows.map(line),
    )
}
const row = ({ name, bytes }) => `| ${cell(name)} | ${inUnits(bytes)} | ${share(bytes)} |`
table(`Largest folders (top ${topFolders.length})`, 'folder', topFolders, row)
table(`Largest files (top ${topFiles.length})`, 'file', topFiles, row)
table('By file ending', 'ending', topEndings, row)
const notes = []
if (links > 0) notes.push(`${plural(links, 'symbolic link')} not followed.`)
if (special > 0)
  notes.push(`${plural(special, 'socket, pipe or device', 'sockets, pipes or devices')} left out.`)
if (unreadable > 0) notes.push(`${plural(unreadable, 'entry', 'entries')} could not be read.`)
if (notes.length > 0) lines.push('', '## Notes', '', ...notes.map((note) => `- ${note}`))

mkdirSync('artifacts', { recursive: true })
const named = (list) => list.map((one) => ({ ...one, name: asText(one.name) }))
const usage = {
  totals: {
    files: total.files,
    folders: folders.length + 1,
    diskBytes: total.bytes,
    links,
    special,
    unreadable,
  },
  largestFolders: named(topFolders),
  largestFiles: named(topFiles),
  endings: named(topEndings),
}
writeFileSync('artifacts/disk-usage.json', `${JSON.stringify(usage, null, 1)}\n`)
console.log(lines.join('\n'))
