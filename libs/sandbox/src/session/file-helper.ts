/**
 * Runs inside as `node -e` and does what its input asks, one JSON document a line: `{id, op, ...}`, answered by `{id,
 * value}` or `{id, error: {code, message}}`. It opens nothing but regular files and folders, and never waits for a FIFO
 * that somebody planted. What paths lead to is decided in here, so no link reaches further than the sandbox.
 */
export const fileHelper = `
const fs = require('node:fs'), path = require('node:path'), { isUtf8 } = require('node:buffer')
const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_EXCL, O_NONBLOCK } = fs.constants
const fail = (code, message) => { throw Object.assign(new Error(message), { code }) }
const kindOf = (stats) => stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other'

function withFile(file, flags, use) {
  const descriptor = fs.openSync(file, flags | O_NONBLOCK, 0o644)
  try {
    if (!fs.fstatSync(descriptor).isFile()) fail('ENOTFILE', file + ' is no regular file')
    return use(descriptor)
  } finally { fs.closeSync(descriptor) }
}

function readAll(file, offset, maxBytes) {
  return withFile(file, O_RDONLY, (descriptor) => {
    const { size } = fs.fstatSync(descriptor)
    const bytes = Buffer.alloc(Math.max(0, Math.min(size - offset, maxBytes)))
    let filled = 0
    for (let got = -1; got !== 0 && filled < bytes.length; filled += got)
      got = fs.readSync(descriptor, bytes, filled, bytes.length - filled, offset + filled)
    return { bytes: bytes.subarray(0, filled), size }
  })
}

function writeAll(file, bytes, flags) {
  withFile(file, O_WRONLY | O_CREAT | flags, (descriptor) => {
    for (let done = 0; done < bytes.length;) done += fs.writeSync(descriptor, bytes, done)
  })
  return { sizeBytes: bytes.length }
}

function* walk(folder, deepest = 256, depth = 0) {
  let entries = []
  try { entries = fs.readdirSync(folder, { withFileTypes: true }) } catch (error) { if (depth === 0) throw error }
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const file = path.join(folder, entry.name)
    yield { file, entry }
    if (entry.isDirectory() && depth < deepest) yield* walk(file, deepest, depth + 1)
  }
}

const operations = {
  read({ path: file, offset = 0, maxBytes }) {
    const { bytes, size } = readAll(file, offset, maxBytes)
    return { contentBase64: bytes.toString('base64'), sizeBytes: size, truncated: offset + bytes.length < size }
  },
  write({ path: file, contentBase64, mode = 'replace' }) {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    return writeAll(file, Buffer.from(contentBase64, 'base64'), { replace: O_TRUNC, append: O_APPEND, create: O_EXCL }[mode])
  },
  edit({ path: file, oldText, newText, all = false, maxBytes }) {
    const { bytes, size } = readAll(file, 0, maxBytes)
    if (size > bytes.length) fail('EFBIG', file + ' has more than ' + maxBytes + ' bytes')
    if (!isUtf8(bytes) || bytes.includes(0)) fail('ENOTTEXT', file + ' is no text')
    const parts = bytes.toString('utf8').split(oldText)
    if (oldText === '' || parts.length === 1) fail('ENOMATCH', 'the text to replace is not in ' + file)
    if (parts.length > 2 && !all) fail('EAMBIGUOUS', 'the text to replace is in ' + file + ' more than once: give more of it, or change all')
    return { ...writeAll(file, Buffer.from(parts.join(newText)), O_TRUNC), replaced: parts.length - 1 }
  },
  list({ path: folder, recursive = false, maxEntries }) {
    const entries = []
    for (const { file, entry } of walk(folder, recursive ? 256 : 0)) {
      if (entries.length === maxEntries) return { entries, truncated: true }
      const stats = fs.lstatSync(file, { throwIfNoEntry: false })
      if (stats) entries.push({ path: path.relative(folder, file), kind: kindOf(entry), sizeBytes: stats.size })
    }
    return { entries, truncated: false }
  },
  stat({ path: file }) {
    const stats = fs.lstatSync(file)
    return { kind: kindOf(stats), sizeBytes: stats.size, mode: stats.mode & 0o7777, modifiedAt: stats.mtime.toISOString() }
  },
  search({ path: folder, text, maxMatches, maxFileBytes }) {
    const matches = []
    for (const { file, entry } of walk(folder)) {
      if (!entry.isFile()) continue
      let found
      try { found = readAll(file, 0, maxFileBytes) } catch { continue }
      if (found.bytes.includes(0)) continue
      const lines = found.bytes.toString('utf8').split('\\n')
      for (let index = 0; index < lines.length; index++) {
        if (!lines[index].includes(text)) continue
        if (matches.length === maxMatches) return { matches, truncated: true }
        matches.push({ path: path.relative(folder, file), line: index + 1, text: lines[index].slice(0, 500) })
      }
    }
    return { matches, truncated: false }
  },
}

function writeOut(text) {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length;) done += fs.writeSync(1, bytes, done)
}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, op, ...args } = JSON.parse(line)
  let answer
  try { answer = { id, value: operations[op](args) } }
  catch (error) { answer = { id, error: { code: error.code ?? 'EUNKNOWN', message: error.message } } }
  writeOut(JSON.stringify(answer) + '\\n')
})
writeOut('{"id":0}\\n')
`
