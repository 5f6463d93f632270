// Usage: inventory.mjs FOLDER [TOP]   prints the report, writes artifacts/packages.json
import { lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

const [folder, topText = '20'] = process.argv.slice(2)
const top = Number(topText)
if (!folder || !Number.isInteger(top) || top < 1) {
  console.error('Usage: inventory.mjs FOLDER [TOP]; TOP is a whole number from 1.')
  process.exit(2)
}

const LISTED_WITHOUT_LICENCE = 200
const LICENCE_FILE = /^(?:li[cs]en[cs]e|copying|unlicense)(?:[.-].*)?$/i
const LICENCE_TEXTS = [
  ['Apache-2.0', /Apache License,?\s+Version 2\.0/i],
  ['MPL-2.0', /Mozilla Public License,?\s+(?:Version|v\.?) ?2\.0/i],
  ['AGPL-3.0', /GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3/i],
  ['LGPL-3.0', /GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3/i],
  ['LGPL-2.1', /GNU LESSER GENERAL PUBLIC LICENSE\s+Version 2\.1/i],
  ['GPL-3.0', /GNU GENERAL PUBLIC LICENSE\s+Version 3/i],
  ['GPL-2.0', /GNU GENERAL PUBLIC LICENSE\s+Version 2/i],
  ['CC0-1.0', /CC0 1\.0 Universal/i],
  ['Unlicense', /This is free and unencumbered software released into the public domain/i],
  [
    'ISC',
    /Permission to use, copy, modify, and(?:\/or)? distribute this software for any\s+purpose with or without fee/i,
  ],
  ['BSD-3-Clause', /Redistribution and use in source and binary forms[\s\S]*Neither the name/i],
  ['BSD-2-Clause', /Redistribution and use in source and binary forms/i],
  ['MIT', /Permission is hereby granted, free of charge, to any person obtaining a copy/i],
]

const byBytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
let unreadable = 0
let links = 0

const entriesOf = (path) => {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => byBytes(a.name, b.name))
  } catch {
    unreadable += 1
    return []
  }
}

const declaredLicence = (manifest) => {
  const { license, licenses } = manifest
  const typeOf = (value) =>
    typeof value === 'string' ? value : typeof value?.type === 'string' ? value.type : ''
  const single = typeOf(license).trim()
  if (single !== '') return single
  const several = Array.isArray(licenses) ? licenses.map(typeOf) : [typeOf(licenses)]
  return several.filter((name) => name !== '').join(' OR ')
}

const guessedLicence = (path, entries) => {
  for (const entry of entries.filter((e) => e.isFile() && LICENCE_FILE.test(e.name))) {
    try {
      const text = readFileSync(join(path, entry.name), 'utf8').slice(0, 20_000)
      const found = LICENCE_TEXTS.find(([, pattern]) => pattern.test(text))
      if (found) return found[0]
    } catch {
      unreadable += 1
    }
  }
  return ''
}

const seenInodes = new Set()
const packages = []

/** Adds a folder's files to `owner` and goes into every node_modules below it as packages of their own. */
const measure = (path, owner) => {
  for (const entry of entriesOf(path)) {
    const child = join(path, entry.name)
    if (entry.isSymbolicLink()) links += 1
    else if (entry.isDirectory()) entry.name === 'node_modules' ? readModules(child) : measure(child, owner)
    else if (entry.isFile() && owner) {
      try {
        const { size, blocks, ino, dev, nlink } = lstatSync(child)
        owner.files += 1
        owner.sizeBytes += size
        const inode = `${dev}:${ino}`
        if (nlink < 2 || !seenInodes.has(inode)) owner.diskBytes += blocks * 512
        if (nlink > 1) seenInodes.add(inode)
      } catch {
        unreadable += 1
      }
    }
  }
}

const readPackage = (path, fallbackName) => {
  const entries = entriesOf(path)
  if (!entries.some((entry) => entry.isFile() && entry.name === 'package.json'))
    return measure(path, undefined)
  let manifest = {}
  let note = ''
  try {
    const parsed = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8').replace(/^\uFEFF/, ''))
    if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))
      note = 'package.json is no object'
    else manifest = parsed
  } catch {
    note = 'package.json cannot be read'
  }
  const declared = declaredLicence(manifest)
  const guessed = declared === '' ? guessedLicence(path, entries) : ''
  const found = {
    name: typeof manifest.name === 'string' && manifest.name !== '' ? manifest.name : fallbackName,
    version: typeof manifest.version === 'string' ? manifest.version : '',
    licence: declared || guessed,
    licenceFrom: declared ? 'package.json' : guessed ? 'licence file' : 'none',
    path: relative(folder, path) || '.',
    files: 0,
    sizeBytes: 0,
    diskBytes: 0,
    ...(note ? { note } : {}),
  }
  packages.push(found)
  measure(path, found)
}

function readModules(path) {
  for (const entry of entriesOf(path)) {
    const child = join(path, entry.name)
    if (entry.isSymbolicLink()) links += 1
    else if (!entry.isDirectory()) continue
    else if (entry.name === '.pnpm') measure(child, undefined)
    else if (entry.name.startsWith('.')) continue
    else if (entry.name.startsWith('@')) {
      for (const scoped of entriesOf(child)) {
        if (scoped.isSymbolicLink()) links += 1
        else if (scoped.isDirectory()) readPackage(join(child, scoped.name), `${entry.name}/${scoped.name}`)
      }
    } else readPackage(child, entry.name)
  }
}

try {
  if (!lstatSync(folder).isDirectory()) throw new Error('it is not a folder')
} catch (error) {
  console.error(`Cannot read ${folder}: ${error.message}`)
  process.exit(1)
}
if (basename(folder) === 'node_modules') readModules(folder)
else measure(folder, undefined)
if (packages.length === 0) readModules(folder)

packages.sort((a, b) => byBytes(a.name, b.name) || byBytes(a.version, b.version) || byBytes(a.path, b.path))

const inUnits = (bytes) => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${step === 0 ? bytes : (bytes / 1024 ** step).toFixed(1)} ${units[step]}`
}
const cell = (text) =>
  String(text)
    .replace(/[\u0000-\u001f\u007f]/g, '?')
    .replace(/([|\\`<])/g, '\\$1')
const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`

const totals = new Map()
for (const { licence, diskBytes } of packages) {
  const total = totals.get(licence || 'none found') ?? { packages: 0, diskBytes: 0 }
  totals.set(licence || 'none found', {
    packages: total.packages + 1,
    diskBytes: total.diskBytes + diskBytes,
  })
}
const perLicence = [...totals].sort(([a, x], [b, y]) => y.packages - x.packages || byBytes(a, b))
const largest = [...packages]
  .sort((a, b) => b.diskBytes - a.diskBytes || byBytes(a.path, b.path))
  .slice(0, top)
const without = packages.filter(({ licenceFrom }) => licenceFrom === 'none')
const guessed = packages.filter(({ licenceFrom }) => licenceFrom === 'licence file')
const diskBytes = packages.reduce((sum, one) => sum + one.diskBytes, 0)
const titled = ({ name, version }) => cell(version ? `${name}@${version}` : name)

const summary =
  packages.length === 0
    ? 'No installed npm package was found in the folder.'
    : `${plural(packages.length, 'installed package')} under ${plural(perLicence.filter(([name]) => name !== 'none found').length, 'licence')} ` +
      `take ${inUnits(diskBytes)} on disk; the most frequent licence is ${cell(perLicence[0][0])} (${perLicence[0][1].packages}), ` +
      `the largest package ${titled(largest[0])} (${inUnits(largest[0].diskBytes)}), and ` +
      `${without.length === 0 ? 'none is' : without.length === 1 ? '1 is' : `${without.length} are`} without a licence.`

const lines = ['# Licences and sizes of installed packages', '', summary, '']
if (packages.length > 0) {
  lines.push('## Totals per licence', '', '| licence | packages | size on disk |', '| --- | ---: | ---: |')
  for (const [name, total] of perLicence)
    lines.push(`| ${cell(name)} | ${total.packages} | ${inUnits(total.diskBytes)} |`)
  lines.push(
    '',
    `## Largest packages (top ${largest.length})`,
    '',
    '| package | licence | size on disk | files | folder |',
  )
  lines.push('| --- | --- | ---: | ---: | --- |')
  for (const one of largest) {
    lines.push(
      `| ${titled(one)} | ${cell(one.licence || 'none found')} | ${inUnits(one.diskBytes)} | ${one.files} | ${cell(one.path)} |`,
    )
  }
  lines.push('', `## Packages without a licence (${without.length})`, '')
  for (const one of without.slice(0, LISTED_WITHOUT_LICENCE))
    lines.push(`- ${titled(one)} in ${cell(one.path)}`)
  if (without.length > LISTED_WITHOUT_LICENCE)
    lines.push(`- and ${without.length - LISTED_WITHOUT_LICENCE} more`)
  if (without.length === 0) lines.push('None.')
}
const notes = []
if (guessed.length > 0)
  notes.push(
    `${plural(guessed.length, 'licence')} guessed from a licence file, because package.json names none.`,
  )
if (links > 0) notes.push(`${plural(links, 'symbolic link')} not followed.`)
if (unreadable > 0)
  notes.push(`${plural(unreadable, 'entry').replace('entrys', 'entries')} could not be read.`)
const broken = packages.filter(({ note }) => note)
if (broken.length > 0)
  notes.push(
    `package.json is broken in ${broken
      .slice(0, 20)
      .map(({ path }) => cell(path))
      .join(', ')}.`,
  )
if (notes.length > 0) lines.push('', '## Notes', '', ...notes.map((note) => `- ${note}`))

mkdirSync('artifacts', { recursive: true })
const asTotal = ([licence, total]) => ({ licence, ...total })
const inventory = {
  totals: { packages: packages.length, diskBytes, unreadable, links },
  licences: perLicence.map(asTotal),
  packages,
}
writeFileSync('artifacts/packages.json', `${JSON.stringify(inventory, null, 1)}\n`)
console.log(lines.join('\n'))
